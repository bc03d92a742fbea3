/**
 * Doors of the embedded Mesos, tried by whoever is on this machine without being its user: another
 * local user, a web page in a browser here, and a framework that was given a credential.
 */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TaskInfo } from "../../controller/mesos/wire.ts";
import type { MesosLocalOptions } from "../../controller/mesos-local/options.ts";
import { type TaskWishes, taskInfo } from "../support/mesos-local/fixtures.ts";
import { accept, InMemoryMesos, TCP } from "../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../support/mesos-local/raw-scheduler.ts";

const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
const SUBSCRIBE = { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "evil" } } };
const PATHS = [
  "/api/v1/scheduler",
  "/master/api/v1/scheduler",
  "/state",
  "/version",
  "/health",
  "/",
];

let mesos: InMemoryMesos | null = null;

async function started(wishes: Partial<MesosLocalOptions> = {}): Promise<InMemoryMesos> {
  mesos = await InMemoryMesos.start(wishes);
  return mesos;
}

afterEach(async () => {
  await mesos?.remove();
  mesos = null;
});

describe("another local user", () => {
  test("finds no port, for there is none unless it is asked for", async () => {
    const { url } = await started();
    expect(url).toMatch(/^unix:\//);
    expect(() => mesos?.tcpUrl).toThrow("no TCP door");
  });

  test("cannot reach the socket: its directory is its owner's alone, whatever it was before", async () => {
    const server = await started();
    const path = server.url.replace("unix:", "");
    const mode = async () => (await stat(dirname(path))).mode & 0o777;
    expect(await mode()).toBe(0o700);
    await server.stopServer();
    await chmod(dirname(path), 0o777);
    await server.startServer();
    expect(await mode()).toBe(0o700);
  });

  test("a socket that a killed process left is no obstacle", async () => {
    const server = await started();
    const path = server.url.replace("unix:", "");
    await server.stopServer();
    await writeFile(path, "");
    await server.startServer();
    expect(JSON.parse(await server.get("/health"))).toEqual({});
  });

  test("a state directory with a long path has a socket too", async () => {
    const base = await mkdtemp(join(tmpdir(), "mesos-local-long-"));
    const server = await started({ stateDir: join(base, "d".repeat(120), "mesos-local") });
    const { socketPath } = server.local;
    const answer = await send(`unix:${socketPath}/version`, "", {}, "GET");
    expect(answer.status).toBe(200);
    await server.stopServer();
    await rm(base, { recursive: true });
  });

  describe("with a TCP door open", () => {
    beforeEach(async () => {
      await started({ tcp: TCP });
    });

    const bare = () => (mesos as InMemoryMesos).tcpUrl.replace(/\/\/.*@/, "//");
    const as = (user: string, secret: string) => ({
      Authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
    });

    test.each(PATHS)("is told nothing at %s without the credential", async (path) => {
      for (const method of ["GET", "HEAD", "POST", "PUT", "OPTIONS"]) {
        const answer = await send(`${bare()}${path}`, "{}", JSON_HEADERS, method);
        expect(answer.status).toBe(401);
        expect(answer.headers["www-authenticate"]).toMatch(/^Basic /);
      }
    });

    test.each<[string, Record<string, string>]>([
      ["no secret", as("guest", "")],
      ["a wrong secret", as("guest", "guess")],
      ["a part of the secret", as("guest", TCP.credential.secret.slice(0, -1))],
      ["another principal", as("root", TCP.credential.secret)],
      ["a colon moved", as("guest:a", TCP.credential.secret.slice(1))],
      ["a bearer token", { Authorization: `Bearer ${TCP.credential.secret}` }],
      ["no base64", { Authorization: "Basic ***" }],
    ])("is refused with %s", async (_name, headers) => {
      const answer = await send(`${bare()}/api/v1/scheduler`, SUBSCRIBE, {
        ...JSON_HEADERS,
        ...headers,
      });
      expect(answer.status).toBe(401);
    });
  });

  test("a credential is made when none was given, for this user's eyes", async () => {
    const server = await started({ tcp: { host: "127.0.0.1", port: 0 } });
    const file = server.local.tcp?.credentialFile ?? "";
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    const [user, secret] = text.trim().split(" ");
    const url = server.local.tcp?.url.replace("//", `//${user}:${secret}@`);
    expect((await send(`${url}/state`, "", {}, "GET")).status).toBe(200);
    await server.stopServer();
    await server.startServer();
    expect(await readFile(file, "utf8")).toBe(text);
  });
});

describe("a web page", () => {
  test.each<[string, Record<string, string>]>([
    ["whose name was made to point here", { Host: "evil.example" }],
    ["whose name was made to point here, with the port", { Host: "evil.example:5050" }],
    ["that names a host in another way", { Host: "user@127.0.0.1" }],
    ["of another origin", { Origin: "http://evil.example" }],
    ["of no origin", { Origin: "null" }],
    ["that a notebook serves on this machine", { Origin: "http://127.0.0.1:8888" }],
  ])("%s is refused, also with a credential that the browser remembers", async (_name, headers) => {
    const { tcpUrl } = await started({ tcp: TCP });
    for (const path of PATHS) {
      const answer = await send(`${tcpUrl}${path}`, SUBSCRIBE, { ...JSON_HEADERS, ...headers });
      expect(answer.status).toBe(403);
    }
  });
});

describe("a framework with the credential", () => {
  async function both() {
    const server = await started({
      tcp: { ...TCP, hostPaths: ["/srv/data"] },
      hostPaths: () => ["/srv/lab"],
    });
    const own = await RawScheduler.subscribe(server.url, { failover_timeout: 60 });
    return { server, own };
  }

  test("works: subscribes, gets offers, launches, and takes its own id up again", async () => {
    const server = await started({ tcp: TCP });
    const first = await RawScheduler.subscribe(server.tcpUrl, { principal: "guest" });
    const offer = await first.offer();
    await accept(first, [offer], [taskFor(offer)]);
    await first.status("t", "TASK_RUNNING");
    const again = await RawScheduler.subscribe(server.tcpUrl, { id: { value: first.frameworkId } });
    expect(again.frameworkId).toBe(first.frameworkId);
  });

  test("cannot take over ours, though it knows its id", async () => {
    const { server, own } = await both();
    const id = { value: own.frameworkId };
    const call = { ...SUBSCRIBE, framework_id: id };
    const info = { ...call.subscribe.framework_info, id };
    const body = { ...call, subscribe: { framework_info: info } };
    const answer = await send(`${server.tcpUrl}/api/v1/scheduler`, body);
    expect(answer.status).toBe(403);
    expect(own.ending).toBeNull();
  });

  test.each(["TEARDOWN", "SUPPRESS", "RECONCILE", "KILL"])(
    "cannot send a %s as ours, not even with its stream id",
    async (type) => {
      const { server, own } = await both();
      const fields = { RECONCILE: { reconcile: {} }, KILL: { kill: { task_id: { value: "t" } } } };
      const body = {
        type,
        framework_id: { value: own.frameworkId },
        ...fields[type as keyof typeof fields],
      };
      const headers = { ...JSON_HEADERS, "Mesos-Stream-Id": own.streamId };
      expect((await send(`${server.tcpUrl}/api/v1/scheduler`, body, headers)).status).toBe(403);
      expect((await own.call("SUPPRESS")).status).toBe(202);
    },
  );

  test("nor after a restart, which finds on disk whose it is", async () => {
    const { server, own } = await both();
    await server.stopServer();
    await server.startServer();
    const subscribing = RawScheduler.subscribe(server.tcpUrl, { id: { value: own.frameworkId } });
    await expect(subscribing).rejects.toThrow("status 403");
    await RawScheduler.subscribe(server.url, { id: { value: own.frameworkId } });
  });

  test("cannot claim another principal than its own", async () => {
    const { server } = await both();
    const subscribing = RawScheduler.subscribe(server.tcpUrl, { principal: "someone" });
    await expect(subscribing).rejects.toThrow("status 400");
  });
});

describe("a launch cannot have", () => {
  const parameter = (key: string, value: string): TaskWishes => ({
    docker: { parameters: [{ key, value }] },
  });
  const volume = (value: string) => parameter("volume", value);
  const capability = (value: string) => parameter("cap-add", value);
  const network = (name: string): TaskWishes => ({
    docker: { network: "USER" },
    container: { network_infos: [{ name }] },
  });
  const forbidden: readonly (readonly [string, TaskWishes])[] = [
    ["all privileges", { docker: { privileged: true } }],
    ["the host's network", { docker: { network: "HOST" } }],
    ["the host's network by the name of one", network("host")],
    ["another container's network", network("container:lab-slot-0")],
    ["no network where one is named", network("none")],
    ["the root directory", volume("/:/host")],
    ["Docker's socket", volume("/var/run/docker.sock:/var/run/docker.sock")],
    ["a directory by a relative path", volume("./:/host")],
    ["a home directory", volume("~/x:/host")],
    ["a directory above an allowed one", volume("/srv:/host")],
    [
      "a directory below an allowed one, where a link may lead anywhere",
      volume("/srv/lab/x:/host"),
    ],
    ["a way out of an allowed one", volume("/srv/lab/../..:/host")],
    ["an allowed one that is spelt differently", volume("/srv//lab:/host")],
    ["the capability to administer the system", capability("SYS_ADMIN")],
    ["a device", parameter("device", "/dev/fuse")],
    ["no AppArmor profile", parameter("security-opt", "apparmor=unconfined")],
    ["every capability", capability("ALL")],
    ["a capability in Docker's other spelling", capability("cap_sys_ptrace")],
    ["a mount that the host sees too", volume("/srv/lab:/host:shared")],
    ["a mount with one option more", volume("/srv/lab:/host:ro:z")],
  ];

  describe.each([
    ["on our own socket", (m: InMemoryMesos) => m.url, "/srv/lab", "/srv/data"],
    ["over TCP", (m: InMemoryMesos) => m.tcpUrl, "/srv/data", "/srv/lab"],
  ] as const)("%s", (_door, urlOf, allowed, others) => {
    async function launch(wishes: TaskWishes) {
      const server = await started({
        tcp: { ...TCP, hostPaths: ["/srv/data"] },
        hostPaths: () => ["/srv/lab"],
      });
      const scheduler = await RawScheduler.subscribe(urlOf(server));
      const offer = await scheduler.offer();
      await accept(scheduler, [offer], [taskFor(offer, wishes)]);
      return { server, scheduler };
    }

    test.each([...forbidden, ["the other door's directory", volume(`${others}:/x`)] as const])(
      "%s",
      async (_name, wishes) => {
        const { server, scheduler } = await launch(wishes);
        const status = await scheduler.status("t", "TASK_ERROR");
        expect(status.message).toMatch(/^The embedded Mesos does not give a container /);
        expect(status.reason).toBe("REASON_TASK_INVALID");
        expect(server.docker.containers.size).toBe(0);
      },
    );

    test.each([
      ["--pid", "host"],
      ["--ipc", "host"],
      ["--userns", "host"],
      ["--security-opt", "seccomp=unconfined"],
      ["--mount", "type=bind,source=/,target=/host"],
      ["--volumes-from", "lab-slot-0"],
      ["--privileged", "true"],
      ["--network", "host"],
    ])("%s", async (option, value) => {
      const parameters = [{ key: option.slice(2), value }];
      const { server, scheduler } = await launch({ docker: { parameters } });
      expect((await scheduler.status("t", "TASK_FAILED")).message).toContain(option);
      expect(server.docker.containers.size).toBe(0);
    });

    test("more than what is allowed: a directory that was named, and volumes", async () => {
      const parameters = [`${allowed}:/x`, `${allowed}:/y:ro`, "lab-data:/data", "/scratch"];
      const { scheduler } = await launch({
        docker: { parameters: parameters.map((value) => ({ key: "volume", value })) },
      });
      await scheduler.status("t", "TASK_RUNNING");
    });
  });
});

function taskFor(offer: { agent_id: { value: string } }, wishes: TaskWishes = {}): TaskInfo {
  return taskInfo("t", { ...wishes, agentId: offer.agent_id.value });
}
