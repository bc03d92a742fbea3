import { afterEach, describe, expect, it } from "vitest";
import { type ApiServer, json, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";
import { clusterObject, operation } from "./cluster-fixture.ts";
import type { OperationStatus } from "../../../controller/model/operation.ts";

let server: ApiServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

/** `operations lab` of a cluster that had these. */
async function run(items: readonly OperationStatus[], ...args: readonly string[]) {
  const path = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/lab";
  const object = clusterObject({ status: { operations: items } });
  server = await startApiServer({ [`GET ${path}`]: json(object) });
  return cli(["operations", "lab", ...args], { JUPYTER_CLUSTER_API: server.url });
}

describe("operations", () => {
  const items = [
    operation({ id: "snapshot-1", message: "no room", state: "Failed", attempts: 3 }),
    operation({ id: "restore-2", endedAt: null, state: "Processing" }),
  ];

  it("are a table, the newest last, with who asked and how long it took", async () => {
    const { code, stdout } = await run(items);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["ID", "STATE", "ASKED BY", "AGE", "TOOK", "MESSAGE"],
      ["snapshot-1", "Failed", "anna@desk", expect.any(String), "2s", "attempt 3: no room"],
      ["restore-2", "Processing", "anna@desk", expect.any(String), expect.any(String), "done"],
      [""],
    ]);
  });

  it("are data as they come", async () => {
    expect(JSON.parse((await run(items, "-o", "json")).stdout)).toEqual({ items });
  });

  it("that there were none is said on stderr", async () => {
    expect(await run([])).toEqual({ code: 0, stdout: "", stderr: "No operations.\n" });
  });
});
