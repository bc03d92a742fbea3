/** Debian's kubectl, unchanged, on a real controller with a real cluster: what people type, and what it prints. */
import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../support/free-port.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { removeRemains } from "../support/e2e/remains.ts";
import { type CommandResult, runCommand } from "../support/e2e/run-command.ts";
import {
  CHANGES,
  DISCOVERED,
  FILED,
  GROUP,
  LOOKS,
  NAME,
  OBJECT,
} from "../support/kubectl/calls.ts";
import { ensureKubectl } from "../support/kubectl/ensure-kubectl.ts";
import { until } from "../support/poll.ts";

let site: LocalCluster;
let program: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  program = await ensureKubectl();
  await removeRemains({ namespace: "default", name: FILED });
  site = await LocalCluster.create({ name: NAME, subnet: "172.31.68", empty: true });
  // A person's file, of a cluster that runs nothing.
  await writeFile(
    site.specFile,
    [
      ...["apiVersion: jupytercluster.dev/v1alpha1", "kind: JupyterCluster"],
      ...["metadata:", `  name: ${FILED}`, "spec:", "  suspend: true"],
      ...["  network: { subnet: 172.31.93.0/24 }", `  proxy: { port: ${await freePort()} }`, ""],
    ].join("\n"),
  );
  site.startController();
  await site.untilServing();
  const kubeconfig = await site.cli("kubeconfig", "--api", site.apiUrl);
  expect(kubeconfig.code, kubeconfig.stderr).toBe(0);
  const path = join(site.dir, "kubeconfig");
  await writeFile(path, kubeconfig.stdout, { mode: 0o600 });
  environment = { ...process.env, KUBECONFIG: path, KUBECACHEDIR: join(site.dir, "kube-cache") };
  await save(3);
});

afterAll(async () => {
  await site.endController("SIGTERM");
  // A deleted cluster leaves its data, and nobody remembers it for `down`.
  await removeRemains(site.ref);
  await site.destroy();
});

function kubectl(...args: readonly string[]): Promise<CommandResult> {
  return runCommand(program, args, { env: environment, timeoutMs: 120_000, cwd: site.dir });
}

/** What it prints, of a call that succeeds. */
async function printed(line: string): Promise<string> {
  const result = await kubectl(...line.split(" "));
  expect(result.code, `kubectl ${line}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

/** What it says, of a call that fails. */
async function refused(...args: readonly string[]): Promise<string> {
  const result = await kubectl(...args);
  expect(result.code, `kubectl ${args.join(" ")}: ${result.stdout}`).not.toBe(0);
  return result.stderr;
}

function save(replicas: number, more: readonly string[] = []): Promise<void> {
  const text = `${site.specText(replicas)}${more.join("\n")}\n`;
  return writeFile(join(site.dir, "team.yaml"), text);
}

describe("what is there", () => {
  it.each(DISCOVERED)("%s", async (line, pattern) => {
    expect(await printed(line)).toMatch(pattern);
  });
});

describe("what is asked for", () => {
  it.each(CHANGES)("%s", async (line, text) => {
    expect(await printed(line)).toBe(text);
  });

  it.each(LOOKS)("%s", async (line, pattern) => {
    expect(await printed(line)).toMatch(pattern);
  });

  it("exec hands on input, the two outputs apart, and the exit code", async () => {
    const child = spawn(
      program,
      ["exec", "-i", `${NAME}-0`, "--", "sh", "-c", "cat; echo wrong >&2; exit 3"],
      { env: environment },
    );
    const read = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (read.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (read.stderr += chunk.toString()));
    child.stdin.end("x".repeat(300_000));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(3);
    expect(read.stdout).toBe("x".repeat(300_000));
    expect(read.stderr).toMatch(/^wrong$/m);
  });

  it("logs -f goes on, and get -w tells of changes", async () => {
    const following = spawn(program, ["logs", "-f", `${NAME}-0`, "-c", "agent"], {
      env: environment,
    });
    const watching = spawn(program, ["get", "jc", NAME, "-w"], { env: environment });
    const told = { log: "", table: "" };
    following.stdout.on("data", (chunk: Buffer) => (told.log += chunk.toString()));
    watching.stdout.on("data", (chunk: Buffer) => (told.table += chunk.toString()));
    try {
      await until("both have begun", () => told.log !== "" && told.table.includes(NAME));
      expect(await printed("scale jc e2e-kube --replicas=5")).toBe(`${OBJECT} scaled\n`);
      await until("the watch tells of it", () => / \d\/5 /.test(told.table));
      expect(following.exitCode).toBeNull();
    } finally {
      following.kill();
      watching.kill();
    }
    await printed(`wait jc/${NAME} --for=jsonpath={.status.readyReplicas}=5 --timeout=110s`);
  });
});

describe("what is wrong", () => {
  const patch = (spec: object) => [
    "patch",
    "jc",
    NAME,
    "--type=merge",
    "-p",
    JSON.stringify({ spec }),
  ];

  it.each<[string, readonly string[], RegExp]>([
    [
      "an unknown field",
      patch({ replicaz: 5 }),
      /is invalid: spec\.replicaz: .*did you mean "replicas"/,
    ],
    ["a wrong value", patch({ replicas: 0 }), /is invalid: spec\.replicas: /],
    [
      "what can't be changed",
      patch({ network: { subnet: "172.31.70.0/24" } }),
      /spec\.network\.subnet: .*cannot be changed/,
    ],
    [
      "a subnet of another cluster",
      patch({ network: { subnet: "172.31.93.0/24" } }),
      /is invalid: spec\.network/,
    ],
    [
      "a strategic merge patch",
      ["patch", "jc", NAME, "-p", '{"spec":{}}'],
      /is not supported by jupytercluster\.dev\/v1alpha1/,
    ],
    [
      "a patch of nothing there",
      ["patch", "jc", NAME, "--type=json", "-p", '[{"op":"remove","path":"/spec/none"}]'],
      /path that does not exist/,
    ],
    [
      "a cluster that is not there",
      ["get", "jc", "nope"],
      /\(NotFound\): jupyterclusters\.jupytercluster\.dev "nope" not found/,
    ],
    [
      "a pod that is not there",
      ["logs", "nope-0", "-c", "etcd"],
      /\(NotFound\): pods "nope-0" not found/,
    ],
    [
      "a unit that is not there",
      ["logs", `${NAME}-0`, "-c", "nginx"],
      /container nginx is not valid/,
    ],
    ["one that is there already", ["create", "-f", "team.yaml"], /\(AlreadyExists\)/],
    [
      "a person's file, scaled",
      ["scale", "jc", FILED, "--replicas=5"],
      /comes from the file .*cluster\.yaml: change it there/,
    ],
    ["a person's file, deleted", ["delete", "jc", FILED], /comes from the file/],
    ["a selector", ["get", "jc", "--field-selector=spec.replicas=3"], /fieldSelector: /],
    ["no token", ["--token=wrong", "delete", "jc", NAME], /\(Unauthorized\)|must be logged in/],
  ])("%s", async (_, args, pattern) => {
    expect(await refused(...args)).toMatch(pattern);
  });

  it("two who apply on the server hear of one another", async () => {
    await save(3);
    expect(await refused("apply", "--server-side", "-f", "team.yaml")).toMatch(
      /conflict with "kubectl": \.spec\.replicas/,
    );
    const forced = "apply --server-side --force-conflicts -f team.yaml";
    expect(await printed(forced)).toBe(`${OBJECT} serverside-applied\n`);
    expect(await printed(`get jc ${NAME} -o jsonpath={.spec.replicas}`)).toBe("3");
  });

  it("a client with an old version of the object is told so", async () => {
    const old = await printed(`get jc ${NAME} -o json`);
    await printed(`label jc ${NAME} a=b`);
    await writeFile(join(site.dir, "old.json"), old);
    expect(await refused("replace", "-f", "old.json")).toMatch(/the object has been modified/);
  });
});

describe("what ends", () => {
  it("a pod that is deleted is waited for, and comes back as another", async () => {
    const uid = `get pod ${NAME}-1 -o jsonpath={.metadata.uid}`;
    const before = await printed(uid);
    expect(await printed(`delete pod ${NAME}-1`)).toBe(`pod "${NAME}-1" deleted\n`);
    await printed(`wait pod/${NAME}-1 --for=condition=Ready --timeout=110s`);
    expect(await printed(uid)).not.toBe(before);
    await printed(`wait jc/${NAME} --for=condition=Ready --timeout=110s`);
  });

  it("an edit is one of the managed file", async () => {
    const editor = { ...environment, KUBE_EDITOR: "sed -i s/note:.hello/note:\\ changed/" };
    const edited = await runCommand(program, ["edit", "jc", NAME], {
      env: editor,
      timeoutMs: 60_000,
    });
    expect(edited.stdout).toBe(`${OBJECT} edited\n`);
    expect(await readdir(join(site.stateDir, "managed"))).toContain(`default.${NAME}.yaml`);
  });

  it("a restart of the controller keeps the cluster and its file", async () => {
    await site.endController("SIGKILL");
    site.startController();
    await site.untilServing();
    await printed(`wait jc/${NAME} --for=condition=Ready --timeout=110s`);
    expect(await printed(`get jc ${NAME} -o jsonpath={.metadata.annotations.note}`)).toBe(
      "changed",
    );
  });

  it("delete ends the containers, and waits for it", async () => {
    expect(await printed(`delete jc ${NAME}`)).toBe(`jupytercluster.${GROUP} "${NAME}" deleted\n`);
    expect(await printed(`get pods -l jupytercluster.dev/cluster=${NAME}`)).toBe("");
    expect((await readdir(join(site.stateDir, "managed"))).filter((n) => n.includes(NAME))).toEqual(
      [],
    );
  });
});
