import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameData, withSharedParts } from "../../../controller/model/same-data.ts";

describe("sameData", () => {
  it.each([
    ["the same parts in another order", { a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [
      "a value that differs deep inside",
      { a: { b: [1, { c: 2 }] } },
      { a: { b: [1, { c: 3 }] } },
      false,
    ],
    ["a field more in the second", { a: 1 }, { a: 1, b: 2 }, false],
    ["a field more in the first", { a: 1, b: 2 }, { a: 1 }, false],
    ["a field that is undefined", { a: 1, b: undefined }, { a: 1 }, true],
    ["null and nothing", { a: null }, {}, false],
    ["a list and an object of the same keys", [1], { 0: 1 }, false],
    ["an object and null", {}, null, false],
    ["lists of another length", [1, 2], [1, 2, 3], false],
  ])("tells %s", (_, a, b, same) => {
    expect(sameData(a, b)).toBe(same);
    expect(sameData(b, a)).toBe(same);
  });

  it("passes over fields that make no difference, at any depth", () => {
    const ignored = new Set(["index"]);
    const one = { nodes: [{ name: "a", index: 1 }] };
    expect(sameData(one, { nodes: [{ name: "a", index: 2 }] }, ignored)).toBe(true);
    expect(sameData(one, { nodes: [{ name: "b", index: 1 }] }, ignored)).toBe(false);
  });

  it("agrees with the text of JSON data", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(sameData(a, structuredClone(a))).toBe(true);
        const [one, other] = [plain(a), plain(b)];
        expect(sameData(one, other)).toBe(sorted(one) === sorted(other));
      }),
    );
  });
});

/** As it is read from a file: no -0. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === "object" && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

describe("a value made of an earlier one's parts", () => {
  const before = {
    taskId: "t",
    etcd: { index: 1, members: [{ id: "a" }, { id: "b" }] },
    hosts: [1],
  };

  it("says what the later one says, and shares whatever is the same in both", () => {
    const later = {
      taskId: "t",
      etcd: { index: 2, members: [{ id: "a" }, { id: "c" }] },
      hosts: [1],
    };
    const made = withSharedParts(before, structuredClone(later));
    expect(made).toEqual(later);
    expect(made.hosts).toBe(before.hosts);
    expect(made.etcd.members[0]).toBe(before.etcd.members[0]);
  });

  it("is the earlier one when both say the same", () => {
    expect(withSharedParts(before, structuredClone(before))).toBe(before);
  });

  it.each([
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [[1, 2], [1]],
    [[1], { 0: 1 }],
    [{ a: null }, { a: {} }],
    [null, { a: 1 }],
  ])("has no more and no less than the later one: %j, then %j", (earlier, later) => {
    expect(withSharedParts(earlier, later as unknown)).toEqual(later);
  });
});
