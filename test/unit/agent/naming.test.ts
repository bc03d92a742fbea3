import { describe, expect, test } from "vitest";
import {
  type ClusterData,
  decode,
  NO_DATA,
  rangeOf,
} from "../../../agent-image/agent/naming/cluster-data.ts";
import { type Leadership, nextTable } from "../../../agent-image/agent/naming/next-table.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";

const slots = [0, 1, 2].map((slot) => ({ slot, ip: `10.0.0.${slot}` }));
const desired = { generation: 1, slots };

function tableOf(term: number, leaderSlot: number, order: readonly number[]): HostsTable {
  const names = order.map((slot, index) => ({ slot, index, ip: `10.0.0.${slot}` }));
  return { clusterId: "c1", term, leaderSlot, names };
}

function data(changes: Partial<ClusterData>): ClusterData {
  return { ...NO_DATA, desired, ...changes };
}

function leader(slot: number, term: number, clusterId = "c1"): Leadership {
  return { slot, clusterId, term };
}

describe("the table that a leader writes", () => {
  test("nothing before the controller has said what is desired", () => {
    expect(nextTable(NO_DATA, leader(0, 2))).toBeNull();
  });

  test("the first one puts the leader at 0", () => {
    expect(nextTable(data({}), leader(1, 2))).toEqual(tableOf(2, 1, [1, 0, 2]));
  });

  test("a new leader swaps with the old one", () => {
    const hosts = tableOf(2, 1, [1, 0, 2]);
    expect(nextTable(data({ hosts }), leader(2, 3))).toEqual(tableOf(3, 2, [2, 0, 1]));
  });

  test("the same leader in a later term tells its term", () => {
    const hosts = tableOf(2, 1, [1, 0, 2]);
    expect(nextTable(data({ hosts }), leader(1, 5))).toEqual(tableOf(5, 1, [1, 0, 2]));
  });

  test("nothing when it is right already", () => {
    expect(nextTable(data({ hosts: tableOf(2, 1, [1, 0, 2]) }), leader(1, 2))).toBeNull();
  });

  test("nothing over a table of a higher term", () => {
    expect(nextTable(data({ hosts: tableOf(9, 0, [0, 1, 2]) }), leader(1, 8))).toBeNull();
  });

  test("the table that a snapshot brought along gives way, whatever its term", () => {
    const hosts = tableOf(9, 0, [0, 1, 2]);
    const table = nextTable(data({ hosts }), leader(1, 2, "c2"));
    expect(table).toEqual({ ...tableOf(2, 1, [1, 0, 2]), clusterId: "c2" });
  });

  test("nothing by a slot that is to go", () => {
    const hosts = tableOf(2, 3, [3, 0, 1, 2]);
    expect(nextTable(data({ hosts }), leader(3, 2))).toBeNull();
  });
});

function member(slot: number) {
  const ssh = { user: "admin", userKey: "ssh-ed25519 AAAA", hostKey: "ssh-ed25519 BBBB" };
  return { slot, ip: `10.0.0.${slot}`, taskId: "t", memberId: "a1", ssh };
}

describe("the keys that an agent reads", () => {
  const keys = etcdKeys({ namespace: "default", name: "nb" });

  test("the range holds them and leaves the controller's status out", () => {
    const { start, end } = rangeOf(keys);
    const inside = (key: string) => key >= start && key < end;
    expect([keys.desired, keys.hosts, keys.member(0), keys.member(12)].every(inside)).toBe(true);
    expect(inside(keys.status)).toBe(false);
  });

  test("they are decoded, members in the order of their slots", () => {
    const hosts = tableOf(2, 0, [0]);
    const entry = (key: string, value: unknown) => ({
      key,
      value: JSON.stringify(value),
      modRevision: "7",
    });
    const decoded = decode(keys, [
      entry(keys.member(10), member(10)),
      entry(keys.member(2), member(2)),
      entry(keys.hosts, hosts),
      entry(keys.desired, desired),
    ]);
    expect(decoded).toMatchObject({ desired, hosts, hostsRevision: "7" });
    expect(decoded.members.map((m) => m.slot)).toEqual([2, 10]);
  });

  test("a record has its fields in the order in which an agent wrote them", () => {
    const text = JSON.stringify(member(3));
    const [decoded] = decode(keys, [
      { key: keys.member(3), value: text, modRevision: "7" },
    ]).members;
    expect(JSON.stringify(decoded)).toBe(text);
  });

  test.each<[string, object]>([
    ["no names", { names: null }],
    ["nobody in a place", { names: [null] }],
    ["a line's end in an address", { names: [{ slot: 0, index: 0, ip: "10.0.0.1\n6.6.6.6" }] }],
    ["no address", { names: [{ slot: 0, index: 0, ip: "evil.example" }] }],
    ["an address that is none", { names: [{ slot: 0, index: 0, ip: "10.0.0.256" }] }],
    ["two of one name", { names: [0, 1].map((slot) => ({ slot, index: 0, ip: "10.0.0.1" })) }],
    ["a name left out", { names: [{ slot: 0, index: 1, ip: "10.0.0.1" }] }],
    ["one slot twice", { names: [0, 1].map((index) => ({ slot: 0, index, ip: "10.0.0.1" })) }],
    ["a term that is no number", { term: "9" }],
  ])("a table with %s counts as none", (_what, change) => {
    const value = JSON.stringify({ ...tableOf(2, 0, [0]), ...change });
    expect(decode(keys, [{ key: keys.hosts, value, modRevision: "9" }]).hosts).toBeNull();
  });

  test.each<[string, unknown]>([
    ["is none", null],
    ["has no SSH keys", { ...member(0), ssh: null }],
    ["has keys of another type", { ...member(0), ssh: { user: "u", userKey: {}, hostKey: [] } }],
    ["brings a line along", { ...member(0), ip: "10.0.0.0\n" }],
  ])("a record that %s counts as none, and so does such a list of slots", (_what, value) => {
    const entry = (key: string) => ({ key, value: JSON.stringify(value), modRevision: "9" });
    const decoded = decode(keys, [entry(keys.member(0)), entry(keys.desired)]);
    expect(decoded).toEqual(NO_DATA);
  });

  test("a broken table counts as none, and can be replaced", () => {
    const broken = { key: keys.hosts, value: "{", modRevision: "9" };
    expect(decode(keys, [broken])).toEqual({ ...NO_DATA, hostsRevision: "9" });
  });
});
