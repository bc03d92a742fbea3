/**
 * What a cluster uses of this machine's Docker Engine and finds there again: its volumes and its
 * network, and whose they are. Pure.
 *
 * Two people's clusters may bear one name on one engine. Volumes and networks carry the uid of the
 * cluster that made them, which no label can be given later: one of another uid is used only after
 * a person has taken its owner's over, and that is remembered (`ClusterMemory.adopted`).
 */
import type { ClusterRef, OwnerUid } from "./ids.ts";
import type { ClusterMemory } from "./memory.ts";

export interface HoldingOwner extends ClusterRef {
  readonly uid: OwnerUid;
  /** The person and the state directory, as people are told; null: it does not say. */
  readonly createdBy: string | null;
}

export type Holding = {
  readonly name: string;
  /** Null: no cluster's labels are on it. */
  readonly owner: HoldingOwner | null;
} & (
  | { readonly kind: "data"; readonly slot: number }
  | { readonly kind: "shared" }
  | { readonly kind: "network" }
);

/** What a cluster may not use yet. */
export interface Foreign {
  readonly holdings: readonly Holding[];
  /** Ids of containers of a cluster of the same name that are at work, and are not ours. */
  readonly containers: readonly string[];
}

export type Ownership = Pick<ClusterMemory, "uid" | "adopted" | "bootstrap" | "slots"> & {
  readonly cluster: { readonly metadata: ClusterRef };
};

/**
 * What no cluster has made is a person's own, put there for this one. A shared volume or a network
 * may be named in a spec so that several use it: foreign is there what another cluster of the very
 * same name has made for itself.
 */
export function isForeign({ owner, kind }: Holding, memory: Ownership): boolean {
  if (owner === null) return false;
  if (kind !== "data" && !isSame(owner, memory.cluster.metadata)) return false;
  return !accepts(owner.uid, memory);
}

export function foreignAmong(holdings: readonly Holding[], memory: Ownership): readonly Holding[] {
  return holdings.filter((holding) => isForeign(holding, memory));
}

/**
 * What has no uid is of early 0.1.0: a cluster that ran here before goes on with it, a new one has
 * never seen it.
 */
export function accepts(
  uid: OwnerUid,
  { adopted, bootstrap, slots, ...memory }: Ownership,
): boolean {
  if (uid === memory.uid || adopted.includes(uid)) return true;
  return uid === null && (bootstrap !== null || slots.some((s) => s.launches > 0));
}

export function ownersOf(holdings: readonly Holding[]): readonly OwnerUid[] {
  return [...new Set(holdings.map(({ owner }) => owner?.uid ?? null))];
}

/** One sentence that names the first of them and its owner, and what a person can do. */
export function describeForeign(
  foreign: readonly [Holding, ...Holding[]],
  ref: ClusterRef,
): string {
  const [first, ...others] = foreign;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const what = first.kind === "network" ? "Network" : "Volume";
  return (
    `${what} ${first.name}${more} belongs to ${describeOwner(first.owner)}: nothing is launched on ` +
    `it. Choose another metadata.name, or take over what is there with \`${adoptCommand(ref)}\` ` +
    "(--dry-run shows what that would be)."
  );
}

export function describeOwner(owner: HoldingOwner | null): string {
  if (owner === null) return "nobody: it has no labels";
  const { namespace, name, uid, createdBy } = owner;
  const of = createdBy === null ? "" : ` of ${createdBy}`;
  const id = uid === null ? "without a uid, as early 0.1.0 made it" : `uid ${uid}`;
  return `another cluster ${namespace}/${name}, ${id}${of}`;
}

export function adoptCommand({ namespace, name }: ClusterRef): string {
  const scope = namespace === "default" ? "" : ` -n ${namespace}`;
  return `jupyter-cluster adopt ${name}${scope}`;
}

function isSame(a: ClusterRef, b: ClusterRef): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}
