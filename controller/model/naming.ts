/**
 * Who bears which XXX-k name. One pure function for the leader's agent (which writes the table to
 * etcd) and for the planner (which predicts and checks it).
 *
 * The rules: the leader is XXX-0; names are 0 … n-1 without gaps; names change as little
 * as possible: a newly elected leader swaps names with the old XXX-0, nobody else is renamed.
 */

export interface NamedSlot {
  readonly slot: number;
  /** k of the name XXX-k. */
  readonly index: number;
  readonly ip: string;
}

/** Value of the etcd key `hosts`. */
export interface HostsTable {
  /**
   * Hex. Terms of another cluster say nothing: those of one restored from a snapshot begin anew.
   */
  readonly clusterId: string;
  /** Raft term of the leader that wrote it; a lower term never overwrites a higher one. */
  readonly term: number;
  readonly leaderSlot: number;
  /** Sorted by index. */
  readonly names: readonly NamedSlot[];
}

/** Value of the etcd key `desired`: which slots the cluster has, and the address of each. */
export interface DesiredSlots {
  readonly generation: number;
  readonly slots: readonly { readonly slot: number; readonly ip: string }[];
}

/** Value of the etcd key `members/{slot}`, kept under a lease by the slot's agent. */
export interface MemberRecord {
  readonly slot: number;
  readonly ip: string;
  readonly taskId: string;
  /** Hexadecimal etcd member id. */
  readonly memberId: string;
  readonly ssh: {
    readonly user: string;
    /** OpenSSH public key line (`ssh-ed25519 AAAA…`) of the normal user. */
    readonly userKey: string;
    /** OpenSSH public host key line. */
    readonly hostKey: string;
  };
  /** Left out: kernels of the cluster are not started there. */
  readonly kernels?: MemberKernels | undefined;
}

export interface MemberKernels {
  /** With which its JupyterLab proves itself to a kernel's keeper: a public key of CURVE, in Z85. */
  readonly clientKey: string;
}

/**
 * Names for `slots`, given who bore what before.
 *
 * @param previous the table in force, or null for a new cluster
 * @param slots the slots that shall have names (any order); must contain `leaderSlot`
 */
export function assignNames(
  previous: HostsTable | null,
  slots: readonly { readonly slot: number; readonly ip: string }[],
  leaderSlot: number,
): NamedSlot[] {
  const count = slots.length;
  const kept = new Map<number, number>();
  for (const entry of previous?.names ?? []) {
    const wanted = slots.some((s) => s.slot === entry.slot);
    if (wanted && entry.index < count) kept.set(entry.slot, entry.index);
  }
  fillVacant(kept, slots, count);
  swapLeaderToZero(kept, leaderSlot);
  return slots
    .map(({ slot, ip }) => ({ slot, ip, index: indexOf(kept, slot) }))
    .sort((a, b) => a.index - b.index);
}

/** Slots without a name get the lowest vacant ones, in slot order. */
function fillVacant(
  kept: Map<number, number>,
  slots: readonly { readonly slot: number }[],
  count: number,
): void {
  const taken = new Set(kept.values());
  const vacant = Array.from({ length: count }, (_, k) => k).filter((k) => !taken.has(k));
  const nameless = slots.map((s) => s.slot).filter((slot) => !kept.has(slot));
  nameless.sort((a, b) => a - b);
  nameless.forEach((slot, i) => kept.set(slot, vacant[i] as number));
}

function swapLeaderToZero(kept: Map<number, number>, leaderSlot: number): void {
  const leaderIndex = indexOf(kept, leaderSlot);
  for (const [slot, index] of kept) {
    if (index === 0) kept.set(slot, leaderIndex);
  }
  kept.set(leaderSlot, 0);
}

function indexOf(kept: ReadonlyMap<number, number>, slot: number): number {
  const index = kept.get(slot);
  if (index === undefined) throw new Error(`slot ${slot} has no name`);
  return index;
}
