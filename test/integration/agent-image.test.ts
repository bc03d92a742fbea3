import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { NODE_CONFIG_ENV, type NodeConfig } from "../../controller/model/agent-api.ts";
import { silentLog } from "../support/silent-log.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";

const docker = new Docker();
const image = inject("agentImage");
const started: Docker.Container[] = [];
let idle: Docker.Container;

async function start(options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  const container = await docker.createContainer({
    Image: image,
    Labels: { [TEST_LABEL]: "agent-image" },
    ...options,
  });
  started.push(container);
  await container.start();
  return container;
}

/** Runs a command to its end: its exit code, and what it wrote to either output. */
async function run(container: Docker.Container, command: string) {
  const exec = await container.exec({
    Cmd: ["sh", "-c", command],
    AttachStdout: true,
    AttachStderr: true,
    // One stream without Docker's frames.
    Tty: true,
  });
  const output = await text(await exec.start({ Tty: true }));
  return { code: (await exec.inspect()).ExitCode, output: output.trim() };
}

beforeAll(async () => {
  idle = await start({ Entrypoint: ["/usr/bin/tini", "--", "sleep", "infinity"] });
});

afterAll(async () => {
  for (const container of started) await container.remove({ force: true, v: true });
});

describe("the agent image", () => {
  it.each([
    ["etcd 3.5", "etcd --version", /etcd Version: 3\.5\./],
    ["etcdctl 3.5", "etcdctl version", /etcdctl version: 3\.5\./],
    ["Node 20", "node --version", /^v20\./],
    ["JupyterLab 4", "jupyter lab --version", /^4\./m],
    ["the OpenSSH client", "ssh -V", /^OpenSSH_/],
  ])("has %s", async (_, command, expected) => {
    const { code, output } = await run(idle, command);
    expect(output).toMatch(expected);
    expect(code).toBe(0);
  });

  it("has an sshd that accepts its configuration once it has host keys", async () => {
    expect(await run(idle, "ssh-keygen -A >/dev/null && /usr/sbin/sshd -t")).toEqual({
      code: 0,
      output: "",
    });
  });

  it("has no SSH key baked in, which all nodes would share", async () => {
    const fresh = await start({ Entrypoint: ["/usr/bin/tini", "--", "sleep", "infinity"] });
    const names = "-name 'ssh_host_*' -o -name 'id_*' -path '*/.ssh/*'";
    expect((await run(fresh, `find / -xdev ${names}`)).output).toBe("");
  });

  it("has the normal user with a shell, and no other account that can log in", async () => {
    const { output } = await run(idle, "id -u admin; grep -c 'sh$' /etc/passwd; sudo -V");
    expect(output.split(/\r?\n/)).toEqual([
      "1000",
      "2",
      expect.stringContaining("sudo: not found"),
    ]);
  });

  it("serves JupyterLab's front end and a Python kernel, without a word about yarn", async () => {
    const { output } = await run(
      idle,
      `su admin -c 'cd; jupyter-lab --no-browser --ip=127.0.0.1 --port=8899 \
         --IdentityProvider.token= >/tmp/lab.log 2>&1 &'
       timeout 60 node --input-type=module -e '
         const base = "http://127.0.0.1:8899";
         const up = () => fetch(base + "/api").then((r) => r.ok, () => false);
         while (!(await up())) await new Promise((resolve) => setTimeout(resolve, 50));
         const page = await (await fetch(base + "/lab")).text();
         const script = /src="([^"]*main[^"]*)"/.exec(page)[1];
         console.log(String((await fetch(base + script)).status));
         const plugin = "@jupyterlab/docmanager-extension:plugin";
         const { schema } = await (await fetch(base + "/lab/api/settings/" + plugin)).json();
         console.log(String(schema.properties.lastModifiedCheckMargin.default));
         const { kernelspecs } = await (await fetch(base + "/api/kernelspecs")).json();
         console.log(Object.keys(kernelspecs).join());
       '; grep -i yarn /tmp/lab.log`,
    );
    expect(output.split(/\r?\n/)).toEqual(["200", "5000", "python3"]);
  });

  it("runs the agent as the only child of an init", async () => {
    const config: NodeConfig = {
      namespace: "default",
      cluster: "image",
      slot: 0,
      taskId: "image-test",
      ip: "127.0.0.1",
      tokenSha256: "0".repeat(64),
      etcd: { tls: false, heartbeatMs: 100, electionMs: 1000, quotaMiB: 64 },
      jupyter: { port: 8888, auth: "token", standby: "cold" },
      ssh: { user: "admin", authorizedKeys: [] },
      storage: { mountPath: "/shared" },
    };
    const node = await start({ Env: [`${NODE_CONFIG_ENV}=${JSON.stringify(config)}`] });
    const { output } = await run(node, "ps -o comm= -p 1; ps -o args= --ppid 1 | grep agent.mjs");
    expect(output.split(/\r?\n/)).toEqual(["tini", "/usr/bin/node /opt/jupyter-cluster/agent.mjs"]);
  });

  it("says in one line what is missing when the agent is started without its settings", async () => {
    const lost = await start({});
    const { StatusCode } = (await lost.wait()) as { StatusCode: number };
    const log = (await lost.logs({ stdout: true, stderr: true })).toString();
    expect(StatusCode).not.toBe(0);
    expect(log).toContain(NODE_CONFIG_ENV);
    expect(log.trim().split("\n")).toHaveLength(1);
  });
});

describe("ensureAgentImage", () => {
  it("builds nothing when the image of these sources is there", async () => {
    const options = { log: silentLog, onProgress: () => undefined };
    // Not compared with the image above: somebody may have edited the agent since.
    const { reference } = await ensureAgentImage(options);
    expect(await ensureAgentImage(options)).toEqual({ reference, built: false });
  });

  it("says that Docker cannot be reached, and what to do", async () => {
    const nowhere = new Docker({ socketPath: "/nonexistent/docker.sock" });
    await expect(
      ensureAgentImage({ docker: nowhere, log: silentLog, onProgress: () => undefined }),
    ).rejects.toMatchObject({
      code: "ERR_DOCKER_UNREACHABLE",
      message: expect.stringContaining("Start it (`systemctl start docker`)"),
    });
  });
});
