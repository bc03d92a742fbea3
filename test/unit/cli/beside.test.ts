/** `up` where somebody's controller runs, and the way to run beside it. */
import { createServer } from "node:net";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { besideLine, type Taken } from "../../../controller/cli/machine/beside.ts";
import { requirePorts } from "../../../controller/cli/machine/preflight.ts";
import { hostPort } from "../../../controller/cli/options/parsers.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { thisUser, userOfPort } from "../../../controller/support/users.ts";
import { fakeCluster } from "../../support/planner/fixtures.ts";
import { json, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";

const FREE: Taken = {
  name: () => Promise.resolve(false),
  subnet: () => Promise.resolve(false),
  port: () => Promise.resolve(false),
  path: () => false,
};
const CLUSTERS = [fakeCluster()];
const api = hostPort("127.0.0.1:8001");

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-beside-"));
});
afterEach(() => rm(dir, { recursive: true }));

describe("the line", () => {
  it("takes the next of everything", async () => {
    expect(await besideLine({ api, stateDir: "/home/b/state" }, CLUSTERS, FREE)).toBe(
      "npx jupyter-cluster copy cluster.yaml demo-2.yaml --name demo-2 --subnet 172.30.1.0/24 " +
        "--proxy-port 8889 && npx jupyter-cluster up demo-2.yaml --api 127.0.0.1:8002 " +
        "--state-dir /home/b/state-2",
    );
  });

  it("passes over what is taken, and quotes what a shell would not read as it is", async () => {
    const taken: Taken = {
      name: ({ name }) => Promise.resolve(name === "demo-2"),
      subnet: (cidr) => Promise.resolve(cidr === "172.30.1.0/24"),
      port: ({ port }) => Promise.resolve(port === 8889 || port === 8002),
      path: (path) => path.endsWith("state-2"),
    };
    const line = await besideLine({ api, stateDir: "/home/b c/state" }, CLUSTERS, taken);
    expect(line).toContain("--name demo-3 --subnet 172.30.2.0/24 --proxy-port 8890");
    expect(line).toContain("--api 127.0.0.1:8003 --state-dir '/home/b c/state-3'");
  });

  it("is none for several clusters, nor when all is taken", async () => {
    const two = [...CLUSTERS, ...CLUSTERS];
    expect(await besideLine({ api, stateDir: "/s" }, two, FREE)).toBeNull();
    const full = { ...FREE, subnet: () => Promise.resolve(true) };
    expect(await besideLine({ api, stateDir: "/s" }, CLUSTERS, full)).toBeNull();
  });
});

describe("up", () => {
  async function beside(process: object | undefined): Promise<unknown> {
    const controller = { startedAt: "2026-01-02T03:04:05Z", process };
    const server = await startApiServer({ "GET /status": json({ controller, clusters: [] }) });
    const options = {
      api: hostPort(server.url.replace("http://", "")),
      mesos: { kind: "local" } as const,
      stateDir: dir,
    };
    try {
      return await requirePorts(options, CLUSTERS, FREE).catch((error: unknown) => error);
    } finally {
      await server.close();
    }
  }

  it("names the owner of the controller that runs, and the line that can be copied", async () => {
    const owner = { pid: 7, user: "anna", stateDirectory: "/home/anna/state" };
    expect(await beside(owner)).toMatchObject({
      code: ERROR_CODES.STATE_LOCKED,
      message: expect.stringMatching(
        /of anna \(process 7, state directory \/home\/anna\/state\) runs already.*\nnpx jupyter/,
      ),
    });
    expect(await beside(undefined)).toMatchObject({
      message: expect.stringMatching(/^A controller runs already at .*\nnpx jupyter-cluster copy/),
    });
  });

  it("tells one's own controller from another's", async () => {
    const own = { pid: 7, user: thisUser(), stateDirectory: resolve(dir) };
    expect(await beside(own)).toMatchObject({
      message: expect.stringContaining("Use it (`jupyter-cluster get -A`)"),
    });
  });

  it("says whose program has a port", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    expect(await userOfPort(port)).toBe(thisUser());
    const options = { api: hostPort(`127.0.0.1:${port}`), stateDir: dir };
    const refused = requirePorts({ ...options, mesos: { kind: "local" } }, CLUSTERS, FREE);
    await expect(refused).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_IN_USE,
      message: expect.stringContaining(`What listens on port ${port} now is ${thisUser()}'s.`),
    });
    await new Promise((done) => server.close(done));
    expect(await userOfPort(port)).toBeNull();
  });
});

describe("copy", () => {
  it("writes the copy, and never over a file that is there", async () => {
    const copy = join(dir, "mine.yaml");
    const args = ["copy", "manifests/cluster.yaml", copy, "--name", "mine"];
    const first = await cli([...args, "--subnet", "172.30.9.0/24", "--proxy-port", "8899"]);
    expect([first.code, first.stdout]).toEqual([0, `wrote ${copy}\n`]);
    expect((await cli(["validate", copy])).code).toBe(0);
    expect(await readFile(copy, "utf8")).toContain("subnet: 172.30.9.0/24");
    const again = await cli(args);
    expect([again.code, again.stdout]).toEqual([2, ""]);
    expect(again.stderr).toContain("is there already");
  });

  it.each([
    [["--subnet", "172.30.9.0"], 1, /subnet/],
    [["--proxy-port", "70000"], 1, /port/],
    [["--name", "No Name"], 1, /name/],
    [["--proxy-port", "x"], 2, /port/],
  ])("writes nothing that is no valid spec: %j", async (args, exit, said) => {
    const copy = join(dir, "mine.yaml");
    const { code, stderr } = await cli(["copy", "manifests/cluster.yaml", copy, ...args]);
    expect(code).toBe(exit);
    expect(stderr).toMatch(said);
    await expect(readFile(copy)).rejects.toThrow("ENOENT");
  });
});
