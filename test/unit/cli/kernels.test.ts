import { describe, expect, it } from "vitest";
import { json } from "./api-server.ts";
import { clusterObject } from "./cluster-fixture.ts";
import { LAB, ScriptedApi } from "./scripted-api.ts";
import type { KernelSummary } from "../../../controller/model/resource.ts";

const api = new ScriptedApi();

const KERNELS: readonly KernelSummary[] = [
  {
    ...{ id: "8b1f", name: "python3", notebook: "a.ipynb", node: "lab-1", slot: 2 },
    ...{ state: "busy", since: "2026-01-02T03:04:00Z", memoryBytes: 52_428_800, lastExit: null },
  },
  {
    ...{ id: "77aa", name: "ir", notebook: null, node: null, slot: 1 },
    ...{ state: "lost", since: "2026-01-02T03:03:05Z", memoryBytes: null },
    lastExit: { reason: "NodeLost", message: "It is gone.", at: "2026-01-02T03:03:05Z" },
  },
];

const run = (kernels: KernelSummary[] | null | undefined, ...args: readonly string[]) => {
  const { kernels: _, ...status } = clusterObject().status;
  const object = { ...clusterObject(), status: { ...status, kernels } };
  return api.run({ [`GET ${LAB}`]: json(object) }, "kernels", "lab", ...args);
};

describe("kernels", () => {
  it("lists them, one a row", async () => {
    const { code, stdout } = await run([...KERNELS]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "NOTEBOOK   NAME      NODE     STATE   SINCE   MEMORY      LAST END",
      "a.ipynb    python3   lab-1    busy    5s      50.0MiB     <none>",
      "<none>     ir        slot-1   lost    60s     <unknown>   NodeLost 60s ago",
      "",
    ]);
  });

  it("tells ids and why they ended where there is room", async () => {
    const { stdout } = await run([...KERNELS], "-o", "wide");
    expect(stdout.split("\n")[2]).toMatch(/ 1 +77aa +It is gone\.$/);
  });

  it("prints what the status has, also that nobody tells", async () => {
    expect(JSON.parse((await run([...KERNELS], "-o", "json")).stdout)).toEqual(KERNELS);
    await api.close();
    expect((await run(null, "-o", "json")).stdout).toBe("null\n");
  });

  it.each([
    [[], "No kernels.\n"],
    [null, /^Nobody tells of kernels: .*placement server/],
    [undefined, /^Nobody tells of kernels/],
  ])("says on stderr what it means: %j", async (kernels, said) => {
    const { code, stdout, stderr } = await run(kernels);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toEqual(typeof said === "string" ? said : expect.stringMatching(said));
  });
});
