/**
 * What a writer of numbered keys did, and whether the store kept its word. Pure.
 *
 * Each number is put once, so a stored key's modification revision names the put that wrote it.
 */

export type Outcome =
  | { readonly kind: "acknowledged"; readonly revision: number; readonly atMs: number }
  /** Sent, and no answer or an error came: it may be stored or not. */
  | { readonly kind: "unknown"; readonly why: string };

export interface Write {
  readonly number: number;
  readonly outcome: Outcome;
}

export interface StoredKey {
  readonly value: string;
  readonly modRevision: number;
}

/** The store was put back to an earlier state on purpose: later writes are expected to be lost. */
export interface Restored {
  /** The last revision that the restored state has. */
  readonly revision: number;
  /**
   * How many writes were acknowledged when the old state was gone (`KeyWriter.acknowledged`). Left
   * out: as many as had to be for the last lost write.
   */
  readonly acknowledgedBefore?: number;
}

export interface Verification {
  readonly acknowledged: number;
  readonly unknown: number;
  /** Of the unknown ones, how many are stored. */
  readonly unknownStored: number;
  /** Acknowledged writes that are not stored, in the order in which they were acknowledged. */
  readonly lost: readonly { readonly number: number; readonly revision: number }[];
  /** What must not be, a sentence each; empty when the store kept its word. */
  readonly violations: readonly string[];
}

/** @param writes in the order in which their outcomes came */
export function verifyWrites(
  writes: readonly Write[],
  stored: ReadonlyMap<number, StoredKey>,
  restored: Restored | null = null,
): Verification {
  const acks = writes.flatMap(({ number, outcome }) =>
    outcome.kind === "acknowledged" ? [{ number, revision: outcome.revision }] : [],
  );
  const unknown = writes.filter((w) => w.outcome.kind === "unknown");
  const lost = acks.filter((ack) => !stored.has(ack.number));
  return {
    acknowledged: acks.length,
    unknown: unknown.length,
    unknownStored: unknown.filter((w) => stored.has(w.number)).length,
    lost,
    violations: [
      ...wrongValues(stored),
      ...neverWritten(writes, stored),
      ...otherRevisions(acks, stored),
      ...(restored === null
        ? lost.map((w) => `${text(w)} is missing`)
        : notAsRestored(acks, stored, restored)),
    ],
  };
}

/** Longest time without an acknowledged write, in milliseconds, within `[fromMs, toMs]`. */
export function longestGapMs(writes: readonly Write[], fromMs: number, toMs: number): number {
  const times = writes.flatMap(({ outcome }) =>
    outcome.kind === "acknowledged" ? [outcome.atMs] : [],
  );
  const marks = [fromMs, ...times.toSorted((a, b) => a - b), toMs];
  return marks.slice(1).reduce((most, mark, i) => Math.max(most, mark - (marks[i] as number)), 0);
}

interface Ack {
  readonly number: number;
  readonly revision: number;
}

const text = ({ number, revision }: Ack) => `write ${number}, acknowledged at ${revision},`;

function wrongValues(stored: ReadonlyMap<number, StoredKey>): string[] {
  return [...stored]
    .filter(([number, { value }]) => value !== String(number))
    .map(([number, { value }]) => `key ${number} holds ${JSON.stringify(value)}`);
}

function neverWritten(writes: readonly Write[], stored: ReadonlyMap<number, StoredKey>): string[] {
  const written = new Set(writes.map((w) => w.number));
  return [...stored.keys()].filter((n) => !written.has(n)).map((n) => `nobody wrote key ${n}`);
}

/** A key that was written twice, or a history that was rewritten under it. */
function otherRevisions(acks: readonly Ack[], stored: ReadonlyMap<number, StoredKey>): string[] {
  return acks.flatMap((ack) => {
    const modRevision = stored.get(ack.number)?.modRevision;
    if (modRevision === undefined || modRevision === ack.revision) return [];
    return [`${text(ack)} is stored with revision ${modRevision}`];
  });
}

/** Of the old state everything up to the revision is there and nothing above; all of the new is. */
function notAsRestored(
  acks: readonly Ack[],
  stored: ReadonlyMap<number, StoredKey>,
  { revision, acknowledgedBefore }: Restored,
): string[] {
  const ofOld = acknowledgedBefore ?? acks.findLastIndex((ack) => !stored.has(ack.number)) + 1;
  return acks.flatMap((ack, i) => {
    const isStored = stored.has(ack.number);
    if (i >= ofOld) return isStored ? [] : [`${text(ack)} is missing, and came after the restore`];
    if (ack.revision <= revision && !isStored) {
      return [`${text(ack)} is missing, though revision ${revision} was restored`];
    }
    if (ack.revision > revision && isStored) {
      return [`${text(ack)} is there, though only revision ${revision} was restored`];
    }
    return [];
  });
}
