/** Names change as little as possible, and the leader is always XXX-0. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignNames, type HostsTable } from "../../../controller/model/naming.ts";

const slotsOf = (...slots: number[]) => slots.map((slot) => ({ slot, ip: `10.0.0.${slot}` }));
const table = (leaderSlot: number, ...slots: number[]): HostsTable => ({
  clusterId: "c1",
  term: 1,
  leaderSlot,
  names: slots.map((slot, index) => ({ slot, index, ip: `10.0.0.${slot}` })),
});
const order = (names: readonly { slot: number }[]) => names.map((n) => n.slot);

describe("assignNames", () => {
  it.each([
    [
      "gives a new cluster's leader the first name, the others theirs by slot",
      null,
      [0, 1, 2],
      1,
      [1, 0, 2],
    ],
    [
      "swaps a new leader with the old first, nobody else is renamed",
      table(0, 0, 1, 2, 3, 4),
      [0, 1, 2, 3, 4],
      3,
      [3, 1, 2, 0, 4],
    ],
    ["changes nothing when the leader stays", table(2, 2, 1, 0), [0, 1, 2], 2, [2, 1, 0]],
    [
      "gives new slots the names at the end",
      table(1, 1, 0, 2),
      [0, 1, 2, 3, 4],
      1,
      [1, 0, 2, 3, 4],
    ],
    ["closes the gaps when slots leave", table(0, 0, 3, 2, 1, 4), [0, 1, 2], 0, [0, 1, 2]],
    ["sorts ten and more by number, not by text", null, [10, 2, 0, 11], 0, [0, 2, 10, 11]],
  ] as const)("%s", (_, previous, slots, leader, expected) => {
    expect(order(assignNames(previous, slotsOf(...slots), leader))).toEqual(expected);
  });

  it("always gives contiguous names with the leader first, and renames at most two in an election", () => {
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(slots, fc.nat(), fc.nat(), (some, a, b) => {
        const first = some[a % some.length] as number;
        const second = some[b % some.length] as number;
        const before = assignNames(null, slotsOf(...some), first);
        const after = assignNames(
          { clusterId: "c1", term: 1, leaderSlot: first, names: before },
          slotsOf(...some),
          second,
        );
        expect(after.map((n) => n.index)).toEqual(some.map((_, i) => i));
        expect(after[0]?.slot).toBe(second);
        const renamed = after.filter((n) => before[n.index]?.slot !== n.slot);
        expect(renamed.length).toBeLessThanOrEqual(2);
      }),
    );
  });
});
