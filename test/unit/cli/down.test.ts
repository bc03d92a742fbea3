import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { openStateDir } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";
import { factsOf, inPieces, snapshotBytes } from "../../support/snapshots/snapshot-content.ts";
import { startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";

const cluster = {
  metadata: { namespace: "default", name: "lab" },
  spec: { resources: {}, proxy: {}, etcd: { snapshots: { directory: null } } },
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
