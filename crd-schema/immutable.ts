/** What may not change on a live cluster, for the nodes' addresses or data hang on it. Pure. */
import { errorAt } from "./checks/check.ts";
import type { ClusterSpec, CompiledCluster, Problem } from "./spec.ts";
import { ownValue, PLACE_FIELDS, type SharedStorage } from "./storage/table.ts";
import type { Path } from "./text/field-path.ts";
import type { Locator } from "./yaml/positions.ts";

interface ImmutableField {
  readonly path: Path;
  readonly valueOf: (spec: ClusterSpec) => unknown;
  /** Why. */
  readonly because: string;
}

const ADDRESSES = "every node's address and every etcd member's peer URL hang on the network";
const FILES = "the files in it would seem lost, and nodes would see different ones meanwhile";

const FIRST_ADDRESS = networkField("firstAddress");

const FIELDS: readonly ImmutableField[] = [
  networkField("name"),
  networkField("driver"),
  networkField("ipamDriver"),
  networkField("subnet"),
  FIRST_ADDRESS,
  networkField("options"),
  sharedField("type", (shared) => shared.type),
  ...PLACE_FIELDS.map((field) => sharedField(field, (shared) => ownValue(shared, field))),
  {
    path: ["spec", "etcd", "tls"],
    valueOf: (spec) => spec.etcd.tls,
    because:
      "members that run would not understand those that start anew (write what it lives with)",
  },
  {
    path: ["spec", "etcd", "dataVolume"],
    valueOf: (spec) => spec.etcd.dataVolume,
    because: "etcd's data is in it",
  },
];

/**
 * Forbidden changes from the spec in force to the next one; empty: `next` may take its place.
 * Both must be of the same namespace and name.
 *
 * @param locate from the file of `next`; without it, the line of its document is told
 */
export function immutableProblems(
  current: CompiledCluster,
  next: CompiledCluster,
  locate: Locator = () => ({ line: next.source.line, column: 1 }),
): Problem[] {
  const located = { cluster: next, locate };
  const problems: Problem[] = [];
  for (const { path, valueOf, because } of FIELDS) {
    const [before, after] = [valueOf(current.spec), valueOf(next.spec)];
    // A value that only one storage type has is told with the type.
    if (before === null || after === null || shown(before) === shown(after)) continue;
    // The first address moves with its subnet: that is one change, not two.
    if (path === FIRST_ADDRESS.path && current.spec.network.subnet !== next.spec.network.subnet) {
      continue;
    }
    const message =
      `Found ${shown(after)} while the cluster lives with ${shown(before)}; this cannot be ` +
      `changed: ${because}. Put it back, or make a cluster of another name.`;
    problems.push(errorAt(located, path, message));
  }
  return problems;
}

function networkField(key: keyof ClusterSpec["network"]): ImmutableField {
  return { path: ["spec", "network", key], valueOf: (s) => s.network[key], because: ADDRESSES };
}

function sharedField(key: string, read: (shared: SharedStorage) => unknown): ImmutableField {
  const valueOf = (spec: ClusterSpec) => read(spec.storage.shared);
  return { path: ["spec", "storage", "shared", key], valueOf, because: FILES };
}

/** The order of a mapping's keys means nothing. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}
