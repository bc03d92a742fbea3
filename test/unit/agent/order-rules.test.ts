import { describe, expect, test } from "vitest";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { planStart, refuse } from "../../../agent-image/agent/etcd/order-rules.ts";
import type { Identity } from "../../../agent-image/agent/etcd/identity.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { AgentOrder, EtcdData, EtcdOrder } from "../../../controller/model/agent-api.ts";

const URLS = {
  "slot-0": "http://172.31.20.10:2380",
  "slot-1": "http://172.31.20.11:2380",
  "slot-2": "http://172.31.20.12:2380",
};
const OWN = "8d09ee6a59bf4186";
const MEMBER = "aab98c34a6b7081e";
const memberName = "slot-0";
const SNAPSHOT = { sha256: "ab".repeat(32), revision: 42 };

const orders = {
  bootstrap: { mode: "bootstrap", memberName, initialCluster: URLS, token: "x" },
  resume: { mode: "resume", memberName, clusterId: OWN },
  resumeAny: { mode: "resume", memberName, clusterId: null },
  join: { mode: "join", memberName, memberId: "77", clusterId: OWN, initialCluster: URLS },
  force: { mode: "force-new-cluster", memberName, clusterId: OWN },
  restore: {
    mode: "restore",
    memberName,
    clusterId: OWN,
    initialCluster: { "slot-0": URLS["slot-0"] },
    token: "x",
    snapshot: SNAPSHOT,
  },
} satisfies Record<string, EtcdOrder>;

const empty: EtcdData = { state: "empty" };
const corrupt: EtcdData = { state: "corrupt", reason: "crc" };
const present = (clusterId: string | null): EtcdData => ({
  state: "present",
  memberId: MEMBER,
  clusterId,
  raftIndex: 7,
  raftTerm: 2,
});

test("the ids of a bootstrapped cluster are those that etcd gave on a real run", () => {
  expect(bootstrapMemberId(URLS["slot-0"], "x")).toBe(MEMBER);
  expect(bootstrapClusterId(URLS, "x")).toBe(OWN);
});

describe("an order on the data that is there", () => {
  const cases: [string, EtcdOrder, EtcdData, string | null][] = [
    ["a first start in an empty directory", orders.bootstrap, empty, null],
    ["a first start again, over its own data", orders.bootstrap, present(OWN), null],
    ["a first start over another cluster's data", orders.bootstrap, present("99"), "DataPresent"],
    [
      "a first start over data of nobody knows whom",
      orders.bootstrap,
      present(null),
      "DataPresent",
    ],
    ["a first start over broken data", orders.bootstrap, corrupt, "DataPresent"],
    ["a resume on its own data", orders.resume, present(OWN), null],
    ["a resume on data whose cluster was never learned", orders.resume, present(null), null],
    ["a resume whatever the cluster", orders.resumeAny, present("99"), null],
    ["a resume without data", orders.resume, empty, "DataMissing"],
    ["a resume on broken data", orders.resume, corrupt, "DataMissing"],
    ["a resume on another cluster's data", orders.resume, present("99"), "ClusterIDMismatch"],
    ["a join over whatever there is", orders.join, present("99"), null],
    ["a join over broken data", orders.join, corrupt, null],
    ["forcing on its own data", orders.force, present(OWN), null],
    ["forcing on another cluster's data", orders.force, present("99"), "ClusterIDMismatch"],
  ];
  test.each(cases)("%s", (_, order, data, code) => {
    const refusal = refuse(order, { data, snapshot: null, etcd: "stopped", hasLeader: false });
    expect(refusal?.code ?? null).toBe(code);
  });
});

describe("a restore", () => {
  const restoring = (data: EtcdData, snapshot: SnapshotRef | null) =>
    refuse(orders.restore, { data, snapshot, etcd: "stopped", hasLeader: false })?.code ?? null;

  test("waits for its snapshot, and for no other", () => {
    expect(restoring(empty, null)).toBe("SnapshotMissing");
    expect(restoring(empty, { ...SNAPSHOT, sha256: "cd".repeat(32) })).toBe("SnapshotMissing");
    expect(restoring(empty, { ...SNAPSHOT, revision: 41 })).toBe("SnapshotMissing");
    expect(restoring(empty, SNAPSHOT)).toBeNull();
  });

  test("replaces whatever there is", () => {
    expect(restoring(present("99"), SNAPSHOT)).toBeNull();
    expect(restoring(corrupt, SNAPSHOT)).toBeNull();
  });

  test("of nothing begins empty, without waiting", () => {
    const facts = { data: corrupt, snapshot: null, etcd: "stopped", hasLeader: false } as const;
    expect(refuse({ ...orders.restore, snapshot: null }, facts)).toBeNull();
  });

  test("needs no snapshot any more when it was carried out", () => {
    expect(restoring(present(OWN), null)).toBeNull();
  });
});

describe("an order while etcd runs", () => {
  const data = present(OWN);
  const snapshot = SNAPSHOT;

  test.each(Object.entries(orders))("%s is refused while there is a leader", (_, order) => {
    expect(refuse(order, { data, snapshot, etcd: "running", hasLeader: true })?.code).toBe(
      "EtcdRunning",
    );
  });

  test("a member without a leader may be forced alone, join anew or be restored", () => {
    const facts = { data, snapshot, etcd: "running", hasLeader: false } as const;
    expect(refuse(orders.force, facts)).toBeNull();
    expect(refuse(orders.restore, facts)).toBeNull();
    expect(refuse(orders.join, facts)).toBeNull();
    expect(refuse(orders.resume, facts)?.code).toBe("EtcdRunning");
  });

  test("one that keeps failing, or was removed, may be told anew", () => {
    expect(refuse(orders.resume, { data, snapshot, etcd: "backoff", hasLeader: false })).toBeNull();
    expect(refuse(orders.join, { data, snapshot, etcd: "exited", hasLeader: false })).toBeNull();
  });
});

describe("what an order means for the start", () => {
  const order = (etcd: EtcdOrder): AgentOrder => ({
    orderId: "task:1",
    etcd,
    jupyter: { token: "t", cookieSecret: "c" },
  });
  const forced = { memberId: MEMBER, clusterId: OWN, forcedBy: "task:1" };
  const start = { wipe: false, restore: null, force: false };

  test("a join wipes the data of the former member", () => {
    expect(planStart(order(orders.join), present(OWN), null)).toEqual({ ...start, wipe: true });
    expect(planStart(order(orders.join), corrupt, null)).toEqual({ ...start, wipe: true });
  });

  test("a join that comes again keeps what it has fetched already", () => {
    const joined = { ...orders.join, memberId: MEMBER };
    expect(planStart(order(joined), present(OWN), null)).toEqual(start);
  });

  test("the cluster is forced once for one order", () => {
    const plan = (identity: Identity | null) =>
      planStart(order(orders.force), present(OWN), identity);
    expect(plan(null)).toEqual({ ...start, force: true });
    expect(plan(forced)).toEqual(start);
    expect(plan({ ...forced, forcedBy: "task:0" }).force).toBe(true);
    expect(plan({ ...forced, memberId: "77" }).force).toBe(true);
  });

  test("a snapshot is restored once", () => {
    const restore = { ...start, restore: SNAPSHOT };
    expect(planStart(order(orders.restore), empty, null)).toEqual(restore);
    expect(planStart(order(orders.restore), present("99"), null)).toEqual(restore);
    expect(planStart(order(orders.restore), present(OWN), null)).toEqual(start);
  });

  test("a new and empty cluster is begun once", () => {
    const nothing = order({ ...orders.restore, snapshot: null });
    expect(planStart(nothing, present("99"), null)).toEqual({ ...start, wipe: true });
    expect(planStart(nothing, empty, null)).toEqual(start);
    expect(planStart(nothing, present(OWN), null)).toEqual(start);
  });
});
