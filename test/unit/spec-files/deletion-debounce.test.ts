import { describe, expect, it } from "vitest";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { DeletionDebounce } from "../../../controller/spec-files/deletion-debounce.ts";
import type { ManifestReading } from "../../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../../crd-schema/spec.ts";

const FILE = "a.yaml";
const DELAY_MS = 1_000;

function cluster(name: string, file = FILE): CompiledCluster {
  const metadata = { name, namespace: "default", labels: {}, annotations: {} };
  return { metadata, source: { file, line: 1 } } as unknown as CompiledCluster;
}

function problem(severity: Problem["severity"], file = FILE): Problem {
  return { severity, file, line: null, column: null, field: "", message: severity };
}

function reading(over: Partial<ManifestReading> = {}): ManifestReading {
  return { clusters: [], problems: [], files: [FILE], complete: true, ...over };
}

const there = reading({ clusters: [cluster("lab")], problems: [problem("warning")] });
const names = ({ clusters }: SpecSnapshot) => [...clusters.values()].map((c) => c.metadata.name);
const problems = (snapshot: SpecSnapshot) => [...snapshot.problems.values()].flat();

const GONE: readonly (readonly [string, ManifestReading])[] = [
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
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    const first = debounce.apply(gone, 10);
    expect(names(first.snapshot)).toContain("lab");
    expect([...first.snapshot.files]).toEqual([FILE]);
    expect(problems(first.snapshot)).toEqual([problem("warning")]);
    expect(first.againAt).toBe(1_010);
    expect(names(debounce.apply(gone, 1_009).snapshot)).toContain("lab");
    const last = debounce.apply(gone, 1_010);
    expect(names(last.snapshot)).not.toContain("lab");
    expect(problems(last.snapshot).filter((p) => p.severity === "error")).toEqual([]);
    expect(last.againAt).toBeNull();
  });

  it.each(GONE)("has its whole second again after it came back, when %s", (_, gone) => {
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    debounce.apply(gone, 100);
    debounce.apply(there, 900);
    expect(debounce.apply(gone, 1_200).againAt).toBe(2_200);
  });

  it("is never removed because a directory cannot be listed", () => {
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    const unlisted = reading({ files: [], complete: false, problems: [problem("error", "dir")] });
    for (const now of [10, 5_000, 1e9]) {
      const { snapshot: kept } = debounce.apply(unlisted, now);
      expect(names(kept)).toEqual(["lab"]);
      expect(problems(kept)).toContainEqual(problem("error", "dir"));
    }
  });

  it("is neither read nor removed while its file is broken", () => {
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    const broken = reading({ problems: [problem("error")] });
    const { snapshot: told, againAt } = debounce.apply(broken, 10);
    expect([names(told), problems(told), againAt]).toEqual([[], [problem("error")], null]);
  });

  it("stays broken through a moment without its file", () => {
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    debounce.apply(reading({ problems: [problem("error")] }), 10);
    const { snapshot: told } = debounce.apply(reading({ files: [] }), 20);
    expect([names(told), problems(told)]).toEqual([[], [problem("error")]]);
    expect(names(debounce.apply(there, 30).snapshot)).toEqual(["lab"]);
  });

  it("moves to another file without a gap", () => {
    const debounce = new DeletionDebounce(DELAY_MS);
    debounce.apply(there, 0);
    const moved = reading({ clusters: [cluster("lab", "b.yaml")], files: ["b.yaml"] });
    const { snapshot: told, againAt } = debounce.apply(moved, 10);
    expect([...told.clusters.values()]).toEqual(moved.clusters);
    expect([...told.files]).toEqual(["b.yaml"]);
    expect(againAt).toBeNull();
  });

  it("tells a problem of its file once, however many clusters of it are held", () => {
    const debounce = new DeletionDebounce(DELAY_MS);
    const warning = problem("warning");
    debounce.apply(reading({ clusters: [cluster("a"), cluster("b")], problems: [warning] }), 0);
    const { snapshot } = debounce.apply(reading({ files: [] }), 10);
    expect([names(snapshot), problems(snapshot)]).toEqual([["a", "b"], [warning]]);
  });
});
