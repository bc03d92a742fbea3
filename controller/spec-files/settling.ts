/**
 * A file that is still being written looks whole at moments: what is not there yet takes its default, a
 * second document is missing, the file itself is gone while an editor renames. So what a reading takes away
 * of a cluster, or changes of it, counts when the file has rested; a new cluster, whose network can never
 * be changed, after a short rest; more nodes at once. Each file rests by itself. Pure but for what it
 * remembers.
 */
import type { ManifestReading } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import type { ClusterKey } from "../model/ids.ts";
import { sameData } from "../model/same-data.ts";
import { type SpecSnapshot, specSnapshot } from "../model/spec-snapshot.ts";

/** Milliseconds without a change of the file. Editors and copies pause for less between two writes. */
export const REST_MS = 1_500;
export const REST_MS_NEW = 100;

/** A cluster as it counts, and what was last said of its file. */
interface Known {
  readonly cluster: CompiledCluster;
  /** False while its file is broken: it is still the one that runs. */
  readonly valid: boolean;
  readonly problems: readonly Problem[];
}

/** What a file says, and since when it says so (milliseconds since the epoch). */
interface Said {
  readonly text: string;
  readonly since: number;
}

export interface Settled {
  /** What the files say, with that of before where they have not rested. */
  readonly snapshot: SpecSnapshot;
  /** When to read again (milliseconds since the epoch), if something has not rested. */
  readonly againAt: number | null;
}

export class Settling {
  /** @param isAtomic files that are never half written: what they say counts at once */
  constructor(private readonly isAtomic: (file: string) => boolean = () => false) {}

  private known: ReadonlyMap<ClusterKey, Known> | null = null;
  private said: ReadonlyMap<string, Said> = new Map();

  /** The first reading counts as it stands: see the watcher's start. */
  apply(reading: ManifestReading, now: number): Settled {
    const raw = specSnapshot(this.withoutMissingFiles(reading));
    this.said = this.listen(raw, now);
    const next = new Map<ClusterKey, Known>();
    const held = new Map<ClusterKey, Known | null>();
    const due: number[] = [];
    for (const key of new Set([...raw.clusters.keys(), ...(this.known?.keys() ?? [])])) {
      const before = this.known?.get(key);
      const found = raw.clusters.get(key);
      const after = found === undefined ? undefined : knownFrom(found, raw);
      if (after === undefined && before !== undefined && isBroken(before, raw)) {
        next.set(key, { ...before, valid: false, problems: problemsOf(before, raw) });
        continue;
      }
      const dueAt = this.known === null ? now : this.dueAt(before, after, raw);
      const counted = dueAt <= now ? after : before;
      if (counted !== undefined) next.set(key, counted);
      if (dueAt <= now) continue;
      held.set(key, before ?? null);
      if (Number.isFinite(dueAt)) due.push(dueAt);
    }
    this.known = next;
    return { snapshot: putBack(raw, held), againAt: due.length === 0 ? null : Math.min(...due) };
  }

  /** Since when each file says what it says; a clock that is set back does not make the wait longer. */
  private listen(raw: SpecSnapshot, now: number): ReadonlyMap<string, Said> {
    const said = new Map<string, Said>();
    const byFile = new Map<string, CompiledCluster[]>();
    for (const cluster of raw.clusters.values()) {
      byFile.set(cluster.source.file, [...(byFile.get(cluster.source.file) ?? []), cluster]);
    }
    const files = [...this.knownFiles(), ...raw.files, ...raw.problems.keys()];
    for (const file of new Set(files)) {
      const content = [raw.files.has(file), byFile.get(file), raw.problems.get(file)];
      const text = JSON.stringify(content);
      const before = this.said.get(file);
      said.set(file, {
        text,
        since: before?.text === text ? Math.min(before.since, now) : now,
      });
    }
    return said;
  }

  /** When the change from `before` to `after` counts: milliseconds since the epoch, Infinity: not by waiting. */
  private dueAt(before: Known | undefined, after: Known | undefined, raw: SpecSnapshot): number {
    if (after === undefined) {
      if (before === undefined || !raw.complete) return Number.POSITIVE_INFINITY;
      if (this.isAtomic(before.cluster.source.file)) return 0;
      return this.since(before) + REST_MS;
    }
    if (this.isAtomic(after.cluster.source.file)) return 0;
    if (before === undefined) return this.since(after) + REST_MS_NEW;
    return onlyGrows(before.cluster, after.cluster) ? 0 : this.since(after) + REST_MS;
  }

  private since({ cluster }: Known): number {
    return this.said.get(cluster.source.file)?.since ?? 0;
  }

  private knownFiles(): string[] {
    return [...(this.known?.values() ?? [])].map(({ cluster }) => cluster.source.file);
  }

  /** That a file is not there is no fault of it, once it was: it is a removal. */
  private withoutMissingFiles(reading: ManifestReading): ManifestReading {
    if (!reading.complete) return reading;
    const there = new Set(reading.files);
    const missing = new Set(this.knownFiles().filter((file) => !there.has(file)));
    return { ...reading, problems: reading.problems.filter((p) => !missing.has(p.file)) };
  }
}

function knownFrom(cluster: CompiledCluster, raw: SpecSnapshot): Known {
  return { cluster, valid: true, problems: raw.problems.get(cluster.source.file) ?? [] };
}

function problemsOf({ cluster }: Known, raw: SpecSnapshot): readonly Problem[] {
  return raw.problems.get(cluster.source.file) ?? [];
}

function isBroken(known: Known, raw: SpecSnapshot): boolean {
  return problemsOf(known, raw).some(({ severity }) => severity === "error");
}

function onlyGrows(before: CompiledCluster, after: CompiledCluster): boolean {
  const { replicas } = after.spec;
  return replicas >= before.spec.replicas && sameData({ ...before.spec, replicas }, after.spec);
}

/** @param held clusters with what counts of them; null: nothing yet */
function putBack(raw: SpecSnapshot, held: ReadonlyMap<ClusterKey, Known | null>): SpecSnapshot {
  const clusters = new Map(raw.clusters);
  const problems = new Map(raw.problems);
  const files = new Set(raw.files);
  for (const [key, known] of held) {
    clusters.delete(key);
    if (known === null) continue;
    const { cluster, valid, problems: before } = known;
    const { file } = cluster.source;
    if (valid) clusters.set(key, cluster);
    files.add(file);
    const told = [...(problems.get(file) ?? []), ...before];
    if (raw.complete && valid) told.push(waiting(file));
    if (told.length > 0) problems.set(file, distinct(told));
  }
  return { ...raw, clusters, problems, files };
}

function waiting(file: string): Problem {
  const message = `What changed in the file counts when it has rested for ${REST_MS / 1_000} s: until then, what it said before.`;
  return { severity: "warning", file, line: null, column: null, field: "", message };
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...byText.values()];
}
