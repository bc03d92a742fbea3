import { describe, expect, test } from "vitest";
import {
  type ClusterData,
  decode,
  type LastKnown,
  NO_DATA,
  NOTHING_KNOWN,
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
  return { ...NO_DATA, desired, hostsKey: "held", ...changes };
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

  test.each(["absent", "refused"] as const)(
    "the very same again when the key is %s",
    (hostsKey) => {
      const hosts = tableOf(2, 1, [1, 0, 2]);
      expect(nextTable(data({ hosts, hostsKey }), leader(1, 2))).toEqual(hosts);
    },
  );

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

describe("the keys that an agent reads", () => {
  const keys = etcdKeys({ namespace: "default", name: "nb" });

  test("the range holds them and leaves the controller's status out", () => {
    const { start, end } = rangeOf(keys);
    const inside = (key: string) => key >= start && key < end;
    expect([keys.desired, keys.hosts, keys.member(0), keys.member(12)].every(inside)).toBe(true);
    expect(inside(keys.status)).toBe(false);
  });

  const entry = (key: string, value: unknown) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
    modRevision: "7",
  });
  const fence = { clusterId: "c1", raftTerm: 5 };
  const read = (entries: readonly [string, unknown][], last: LastKnown = NOTHING_KNOWN) =>
    decode(
      keys,
      entries.map(([key, value]) => entry(key, value)),
      fence,
      last,
    );
  const hosts = tableOf(2, 0, [0]);
  const record = (slot: number) => {
    const ssh = { user: "admin", userKey: "ssh-ed25519 AAAA", hostKey: "ssh-ed25519 BBBB" };
    return { slot, ip: `10.0.0.${slot}`, taskId: "t", memberId: "a1", ssh };
  };

  test("they are decoded, members in the order of their slots", () => {
    const decoded = read([
      [keys.member(10), record(10)],
      [keys.member(2), record(2)],
      [keys.hosts, hosts],
      [keys.desired, desired],
    ]);
    const members = [record(2), record(10)];
    expect(decoded).toEqual({ desired, hosts, hostsKey: "held", hostsRevision: "7", members });
  });

  test("a record is the text that its agent wrote", () => {
    const [seen] = read([[keys.member(2), record(2)]]).members;
    expect(JSON.stringify(seen)).toBe(JSON.stringify(record(2)));
  });

  const [first, second] = tableOf(2, 0, [0, 1]).names as [object, object];
  test.each<[string, unknown]>([
    ["no JSON", "{"],
    ["no object", [hosts]],
    ["null", null],
    ["names that are none", { ...hosts, names: undefined }],
    ["no names' list", { ...hosts, names: { 0: first } }],
    ["a name that nobody bears", { ...hosts, names: [first, { ...second, index: 2 }] }],
    ["a slot with two names", { ...hosts, names: [first, { ...first, index: 1 }] }],
    ["an address that is none", { ...hosts, names: [{ ...first, ip: "10.0.0.1\tlocalhost" }] }],
    ["no address", { ...hosts, names: [{ slot: 0, index: 0, ip: "evil.example" }] }],
    ["a number beyond an address's", { ...hosts, names: [{ ...first, ip: "10.0.0.256" }] }],
    ["two of one name", { ...hosts, names: [first, { ...second, index: 0 }] }],
    ["nobody in a place", { ...hosts, names: [null] }],
    ["a term that is none", { ...hosts, term: "2" }],
    ["a term that the member does not know", { ...hosts, term: 6 }],
    ["a term far ahead", { ...hosts, term: 999_999_999 }],
  ])("a table with %s leaves the last one in force, and can be replaced", (_what, value) => {
    const last = { desired, hosts };
    const refused = { desired, hosts, hostsKey: "refused", hostsRevision: "7", members: [] };
    expect(read([[keys.hosts, value]], last)).toEqual(refused);
    expect(read([[keys.hosts, value]])).toEqual({ ...refused, desired: null, hosts: null });
  });

  test("a table of another cluster is held, whatever its term: a snapshot brought it along", () => {
    const old = { ...hosts, clusterId: "c0", term: 999 };
    expect(read([[keys.hosts, old]])).toMatchObject({ hosts: old, hostsKey: "held" });
  });

  test("without any key the last table and slots are in force", () => {
    expect(read([], { desired, hosts })).toEqual({ ...NO_DATA, desired, hosts });
  });

  test.each<[string, unknown]>([
    ["without slots", { generation: 1, slots: [] }],
    ["of a slot without an address", { generation: 1, slots: [{ slot: 0 }] }],
    ["with a slot twice", { generation: 1, slots: [...slots, slots[0]] }],
    ["that is a list", slots],
  ])("desired slots %s leave the last ones in force", (_what, value) => {
    expect(read([[keys.desired, value]], { desired, hosts }).desired).toEqual(desired);
  });

  test.each<[string, unknown]>([
    ["without keys", { ...record(2), ssh: undefined }],
    ["of another slot than its key says", record(3)],
    ["of a wrong address", { ...record(2), ip: "localhost" }],
    ["that brings a line along", { ...record(2), ip: "10.0.0.2\n" }],
    ["with keys of another type", { ...record(2), ssh: { user: "u", userKey: {}, hostKey: [] } }],
    ["that is null", null],
  ])("a record %s is none", (_what, value) => {
    expect(read([[keys.member(2), value]]).members).toEqual([]);
  });
});
