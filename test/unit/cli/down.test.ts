import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { endControllers } from "../../../controller/cli/machine/end-controllers.ts";
import { ensureControlToken } from "../../../controller/store/control-token.ts";
import { parseStateTarget } from "../../../controller/store/state-target.ts";
import { openStateDir } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";
import { factsOf, inPieces, snapshotBytes } from "../../support/snapshots/snapshot-content.ts";
import { json, startApiServer } from "./api-server.ts";
import { capturedContext, cli } from "./captured-context.ts";

const cluster = {
  metadata: { namespace: "default", name: "lab" },
  spec: { resources: {}, proxy: {}, jupyter: {}, etcd: { snapshots: { directory: null } } },
} as unknown as CompiledCluster;

let dir: string;
/** Where nothing listens. */
let api: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-down-"));
  const free = await startApiServer({});
  await free.close();
  api = free.url;
});
afterEach(() => rm(dir, { recursive: true }));

describe("down --volumes", () => {
  it("leaves the snapshots, and says where they are", async () => {
    const state = await openStateDir(dir, { log: silentLog });
    const memory = { uid: "u", cluster, secrets: {}, slots: [] } as unknown as ClusterMemory;
    await state.memories.save("default/lab", memory);
    await state.framework.save({ frameworkId: "f", masters: "10.0.0.1:5050" });
    const bytes = snapshotBytes();
    const saved = await state.snapshots.of(cluster).save(0, factsOf(bytes), inPieces(bytes));
    await state.close();

    const args = ["--volumes", "--yes", "--forget-framework", "--state-dir", dir, "--api", api];
    const { code, stdout, stderr } = await cli(["down", ...args]);
    expect([code, stdout]).toEqual([0, "removed memory of default/lab\n"]);
    const place = join(dir, "snapshots", "default", "lab");
    expect(stderr).toContain(`Snapshots stay in ${place}.\n`);
    expect(await readdir(place)).toContain(`${saved.id}.db`);
  });
});

/** A controller that answers and says where its state is. */
async function controllerOn(store: string) {
  const url = "http://127.0.0.1:1";
  const self = { id: "a", hostname: "h", pid: 1, apiUrl: url, version: "0.2.0", self: true };
  const controllers = [{ ...self, role: "acting", since: null, term: 1, startedAt: "" }];
  return startApiServer({
    "GET /status": json({ controller: { store, process: { pid: 1 } }, controllers }),
    "POST /shutdown": json({}),
  });
}

const WRONG_STORE = {
  "an etcd was said, and it is on a directory": {
    theirs: "/var/lib/jupyter-cluster",
    said: "etcd://127.0.0.1:1/lab",
    remedy: "Leave --state out",
  },
  "a directory was said, and it is on an etcd": {
    theirs: "etcd://e1:2379,e2:2379/lab",
    said: "directory",
    remedy: "Say `--state etcd://e1:2379,e2:2379/lab`",
  },
  "it is on another prefix of that etcd": {
    theirs: "etcd://127.0.0.1:1/other",
    said: "etcd://127.0.0.1:1/lab",
    remedy: "Say `--state etcd://127.0.0.1:1/other`",
  },
};

describe("a controller that keeps its state elsewhere", () => {
  it.each(Object.entries(WRONG_STORE))("is not ended: %s", async (_, { theirs, said, remedy }) => {
    const controller = await controllerOn(theirs);
    const { context } = capturedContext();
    const options = { api: controller.url, stateDir: await withToken() };
    const ended = endControllers(context, options, parseStateTarget(said));
    const refused = { code: "ERR_CONTROLLER_REFUSED", message: expect.stringContaining(remedy) };
    await expect(ended).rejects.toMatchObject(refused);
    expect(controller.requests).toEqual(["GET /status"]);
    await controller.close();
  });

  it("is ended where the same etcd was said with other servers' names", async () => {
    const controller = await controllerOn("etcd://e1:2379/lab");
    const options = { api: controller.url, stateDir: await withToken() };
    const { context } = capturedContext();
    const target = parseStateTarget("etcd://10.0.0.1,10.0.0.2/lab");
    expect(await endControllers(context, options, target)).toBe(true);
    expect(controller.requests).toEqual(["GET /status", "POST /shutdown"]);
    await controller.close();
  });
});

async function withToken(): Promise<string> {
  await ensureControlToken(dir);
  return dir;
}

describe("down of a state in an etcd", () => {
  it("ends nothing while that etcd does not answer", async () => {
    const controller = await controllerOn("etcd://127.0.0.1:1/lab");
    const where = ["--state", "etcd://127.0.0.1:1/lab", "--state-dir", dir];
    const { code, stderr } = await cli(["down", ...where, "--api", controller.url]);
    expect({ code, asked: controller.requests }).toEqual({ code: 3, asked: [] });
    expect(stderr).toContain("ERR_STATE_UNREACHABLE");
    await controller.close();
  });

  it("is wrong usage with a certificate and no etcd", async () => {
    const { code, stderr } = await cli(["down", "--state-ca", "/nowhere.pem"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--state-ca");
  });
});
