import { describe, expect, it } from "vitest";
import { usageRow } from "../../../controller/page/words/usage.ts";

describe("what a node uses", () => {
  const told = { slot: 1, name: null, hostname: "h1" };
  const MIB = 2 ** 20;

  it("is told with what there is of it", () => {
    const usage = { cpuSeconds: 9, memoryBytes: 200 * MIB, memoryLimitBytes: 512 * MIB };
    const disk = { usedBytes: 3 * MIB, sizeBytes: 10 * MIB };
    expect(
      usageRow({ ...told, usage: { ...usage, disk }, cpus: 0.256, problem: null }),
    ).toMatchObject({
      node: "slot-1",
      cpus: "0.26",
      memory: "200.0MiB of 512.0MiB",
      disk: "3.0MiB of 10.0MiB",
    });
    const unbounded = { ...usage, memoryLimitBytes: null, disk: null };
    expect(usageRow({ ...told, usage: unbounded, cpus: null, problem: null })).toMatchObject({
      ...{ cpus: "", memory: "200.0MiB", disk: "" },
    });
  });

  it("is not told by a node that does not answer, which is not nothing", () => {
    const problem = "its agent is not in sight";
    expect(usageRow({ ...told, usage: null, cpus: null, problem })).toMatchObject({
      ...{ cpus: "", memory: "", disk: "", problem },
    });
  });
});
