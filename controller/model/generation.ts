/** The specs that were in force: what a person looks back at, and goes back to. Pure. */
import jsonpatch from "fast-json-patch";

export interface SpecGeneration {
  readonly generation: number;
  /** Milliseconds since the epoch at which it came into force; null: a release that noted none. */
  readonly at: number | null;
  /** As it was written, without defaults. */
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface SpecChange {
  /** As in the file, `spec.proxy.port`; items of lists by their place, `….constraints.0`. */
  readonly field: string;
  /** Left out: absent on that side. */
  readonly from?: unknown;
  readonly to?: unknown;
}

export const GENERATIONS_MAX = 10;
/** Of all together as JSON: they are stored with everything else of their cluster, as one value. */
const BYTES_MAX = 256 * 1024;

/** Oldest first; the newest is kept whatever its size. */
export function withGeneration(
  before: readonly SpecGeneration[],
  newest: SpecGeneration,
): readonly SpecGeneration[] {
  const kept = [newest];
  let bytes = sizeOf(newest);
  for (const older of before.slice(1 - GENERATIONS_MAX).toReversed()) {
    bytes += sizeOf(older);
    if (bytes > BYTES_MAX) break;
    kept.unshift(older);
  }
  return kept;
}

function sizeOf({ spec }: SpecGeneration): number {
  return JSON.stringify(spec).length;
}

/** Sorted by field. */
export function specChanges(before: object, after: object): readonly SpecChange[] {
  const paths = jsonpatch.compare(before, after).map(({ path }) => path);
  const changes = paths.map((path) => ({
    field: ["spec", ...partsOf(path)].join("."),
    ...valueAt(before, path, "from"),
    ...valueAt(after, path, "to"),
  }));
  return changes.toSorted((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

function partsOf(path: string): string[] {
  return path.split("/").slice(1).map(jsonpatch.unescapePathComponent);
}

function valueAt(
  root: object,
  path: string,
  side: "from" | "to",
): { from?: unknown; to?: unknown } {
  let value: unknown = root;
  for (const part of partsOf(path)) {
    if (typeof value !== "object" || value === null) return {};
    value = (value as Record<string, unknown>)[part];
  }
  return value === undefined ? {} : { [side]: value };
}
