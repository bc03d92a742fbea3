/** The judge of the writer that the scenarios with real etcd use: it must be able to say no. */
import { describe, expect, it } from "vitest";
import {
  longestGapMs,
  type Restored,
  type StoredKey,
  verifyWrites,
  type Write,
} from "../../support/etcd/write-log.ts";

const acked = (number: number, revision: number, atMs = number): Write => ({
  number,
  outcome: { kind: "acknowledged", revision, atMs },
});
const unknown = (number: number): Write => ({
  number,
  outcome: { kind: "unknown", why: "no answer" },
});
const at = (modRevision: number, number: number, value = String(number)): [number, StoredKey] => [
  number,
  { value, modRevision },
];

interface Row {
  readonly what: string;
  readonly writes: readonly Write[];
  readonly stored: readonly [number, StoredKey][];
  readonly restored?: Restored;
  readonly lost?: readonly number[];
  readonly violations: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    what: "all acknowledged writes are there",
    writes: [acked(1, 5), acked(2, 7)],
    stored: [at(5, 1), at(7, 2)],
    violations: [],
  },
  {
    what: "an acknowledged write is missing",
    writes: [acked(1, 5), acked(2, 7)],
    stored: [at(7, 2)],
    lost: [1],
    violations: ["write 1, acknowledged at 5, is missing"],
  },
  {
    what: "a write without an answer may be there or not",
    writes: [unknown(1), acked(2, 7), unknown(3)],
    stored: [at(6, 1), at(7, 2)],
    violations: [],
  },
  {
    what: "a key holds what was not written, whatever its outcome",
    writes: [unknown(1), acked(2, 7)],
    stored: [at(6, 1, "2"), at(7, 2, "")],
    violations: ['key 1 holds "2"', 'key 2 holds ""'],
  },
  {
    what: "a key is there that was never put",
    writes: [acked(1, 5)],
    stored: [at(5, 1), at(6, 2)],
    violations: ["nobody wrote key 2"],
  },
  {
    what: "a key was written at another revision than the acknowledged one",
    writes: [acked(1, 5)],
    stored: [at(9, 1)],
    violations: ["write 1, acknowledged at 5, is stored with revision 9"],
  },
  {
    what: "restored: exactly what came after the revision is lost",
    writes: [acked(1, 5), acked(2, 6), acked(3, 7), acked(4, 7), acked(5, 8)],
    stored: [at(5, 1), at(6, 2), at(7, 4), at(8, 5)],
    restored: { revision: 6 },
    lost: [3],
    violations: [],
  },
  {
    what: "restored: a write at or below the revision is missing",
    writes: [acked(1, 5), acked(2, 6), acked(3, 7)],
    stored: [at(5, 1)],
    restored: { revision: 6 },
    lost: [2, 3],
    violations: ["write 2, acknowledged at 6, is missing, though revision 6 was restored"],
  },
  {
    what: "restored: a write above the revision is there, and a later one is not",
    writes: [acked(1, 5), acked(2, 7), acked(3, 8)],
    stored: [at(5, 1), at(7, 2)],
    restored: { revision: 6 },
    lost: [3],
    violations: ["write 2, acknowledged at 7, is there, though only revision 6 was restored"],
  },
  {
    what: "restored: the revision was told too low, and nothing was lost",
    writes: [acked(1, 5), acked(2, 7)],
    stored: [at(5, 1), at(7, 2)],
    restored: { revision: 6, acknowledgedBefore: 2 },
    violations: ["write 2, acknowledged at 7, is there, though only revision 6 was restored"],
  },
  {
    what: "restored: a write that came after the restore is missing",
    writes: [acked(1, 5), acked(2, 7), acked(3, 7), acked(4, 8)],
    stored: [at(5, 1), at(7, 3)],
    restored: { revision: 6, acknowledgedBefore: 2 },
    lost: [2, 4],
    violations: ["write 4, acknowledged at 8, is missing, and came after the restore"],
  },
];

describe("verifyWrites", () => {
  it.each(ROWS)("$what", ({ writes, stored, restored, lost = [], violations }) => {
    const verified = verifyWrites(writes, new Map(stored), restored);
    expect(verified.violations).toEqual(violations);
    expect(verified.lost.map((w) => w.number)).toEqual(lost);
  });

  it("counts what was acknowledged, what is unknown, and how much of that is stored", () => {
    const writes = [unknown(1), acked(2, 7), unknown(3), acked(4, 8)];
    const verified = verifyWrites(writes, new Map([at(6, 1), at(7, 2), at(8, 4)]));
    expect(verified).toMatchObject({ acknowledged: 2, unknown: 2, unknownStored: 1 });
  });
});

describe("longestGapMs", () => {
  it.each([
    ["between two acknowledged writes", [acked(1, 5, 10), acked(2, 6, 90), acked(3, 7, 95)], 80],
    ["before the first", [acked(1, 5, 70), acked(2, 6, 90)], 70],
    ["after the last", [acked(1, 5, 10), acked(2, 6, 20)], 80],
    ["not ended by a write without an answer", [acked(1, 5, 10), unknown(2), acked(3, 6, 70)], 60],
    ["the whole time when nothing was acknowledged", [unknown(1)], 100],
  ])("%s", (_, writes, gapMs) => {
    expect(longestGapMs(writes, 0, 100)).toBe(gapMs);
  });
});
