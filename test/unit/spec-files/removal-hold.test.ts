import { describe, expect, it } from "vitest";
import { type SpecReading, RemovalHold } from "../../../controller/spec-files/removal-hold.ts";
import type { CompiledCluster, Problem } from "../../../crd-schema/spec.ts";

const FILE = "a.yaml";
const HOLD_MS = 1_000;

function cluster(name: string, file = FILE): CompiledCluster {
  const metadata = { name, namespace: "default", labels: {}, annotations: {} };
  return { metadata, source: { file, line: 1 } } as unknown as CompiledCluster;
}

function problem(severity: Problem["severity"], file = FILE): Problem {
  return { severity, file, line: null, column: null, field: "", message: severity };
}

function reading(over: Partial<SpecReading> = {}): SpecReading {
  return { clusters: [], problems: [], files: [FILE], complete: true, ...over };
}

const there = reading({ clusters: [cluster("lab")], problems: [problem("warning")] });
const names = (r: { clusters: readonly CompiledCluster[] }) =>
  r.clusters.map((c) => c.metadata.name);

const GONE: readonly (readonly [string, SpecReading])[] = [
  ["its file is gone", reading({ files: [] })],
  [
    "its file is gone, which is an error of the path",
    reading({ files: [], problems: [problem("error")] }),
  ],
  ["its file is empty", reading()],
  ["its document is gone from the file", reading({ clusters: [cluster("other")] })],
];

describe("a cluster that was read once", () => {
  it.each(GONE)("is held for a second when %s, and then removed", (_, gone) => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    const first = hold.apply(gone, 10);
    expect(names(first.reading)).toContain("lab");
    expect(first.reading.files).toEqual([FILE]);
    expect(first.reading.problems).toEqual([problem("warning")]);
    expect(first.againAt).toBe(1_010);
    expect(names(hold.apply(gone, 1_009).reading)).toContain("lab");
    const last = hold.apply(gone, 1_010);
    expect(names(last.reading)).not.toContain("lab");
    expect(last.reading.problems.filter((p) => p.severity === "error")).toEqual([]);
    expect(last.againAt).toBeNull();
  });

  it.each(GONE)("has its whole second again after it came back, when %s", (_, gone) => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    hold.apply(gone, 100);
    hold.apply(there, 900);
    expect(hold.apply(gone, 1_200).againAt).toBe(2_200);
  });

  it("is never removed because a directory cannot be listed", () => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    const unlisted = reading({ files: [], complete: false, problems: [problem("error", "dir")] });
    for (const now of [10, 5_000, 1e9]) {
      const { reading: kept } = hold.apply(unlisted, now);
      expect(names(kept)).toEqual(["lab"]);
      expect(kept.problems).toContainEqual(problem("error", "dir"));
    }
  });

  it("is neither read nor removed while its file is broken", () => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    const broken = reading({ problems: [problem("error")] });
    const { reading: told, againAt } = hold.apply(broken, 10);
    expect([names(told), told.problems, againAt]).toEqual([[], [problem("error")], null]);
  });

  it("stays broken through a moment without its file", () => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    hold.apply(reading({ problems: [problem("error")] }), 10);
    const { reading: told } = hold.apply(reading({ files: [] }), 20);
    expect([names(told), told.problems]).toEqual([[], [problem("error")]]);
    expect(names(hold.apply(there, 30).reading)).toEqual(["lab"]);
  });

  it("moves to another file without a gap", () => {
    const hold = new RemovalHold(HOLD_MS);
    hold.apply(there, 0);
    const moved = reading({ clusters: [cluster("lab", "b.yaml")], files: ["b.yaml"] });
    const { reading: told, againAt } = hold.apply(moved, 10);
    expect(told.clusters).toEqual(moved.clusters);
    expect(told.files).toEqual(["b.yaml"]);
    expect(againAt).toBeNull();
  });
});
