import { describe, expect, test } from "vitest";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { isCorruption } from "../../../agent-image/agent/etcd/corruption.ts";
import { planStart, refuse } from "../../../agent-image/agent/etcd/order-rules.ts";
import type { AgentOrder, EtcdData, EtcdOrder } from "../../../controller/model/agent-api.ts";

const URLS = {
  "slot-0": "http://172.31.20.10:2380",
  "slot-1": "http://172.31.20.11:2380",
  "slot-2": "http://172.31.20.12:2380",
};
const OWN = "8d09ee6a59bf4186";
const MEMBER = "aab98c34a6b7081e";
const memberName = "slot-0";

const orders = {
  bootstrap: { mode: "bootstrap", memberName, initialCluster: URLS, token: "x" },
  resume: { mode: "resume", memberName, clusterId: OWN },
  resumeAny: { mode: "resume", memberName, clusterId: null },
  join: { mode: "join", memberName, memberId: "77", clusterId: OWN, initialCluster: URLS },
  force: { mode: "force-new-cluster", memberName, clusterId: OWN },
} satisfies Record<string, EtcdOrder>;

const empty: EtcdData = { state: "empty" };
const corrupt: EtcdData = { state: "corrupt", reason: "crc" };
const present = (clusterId: string | null): EtcdData => ({
  state: "present",
  memberId: MEMBER,
  clusterId,
  raftIndex: 7,
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
    const refusal = refuse(order, { data, etcd: "stopped", hasLeader: false });
    expect(refusal?.code ?? null).toBe(code);
  });
});

describe("an order while etcd runs", () => {
  const data = present(OWN);

  test.each(Object.entries(orders))("%s is refused while there is a leader", (_, order) => {
    expect(refuse(order, { data, etcd: "running", hasLeader: true })?.code).toBe("EtcdRunning");
  });

  test("a member without a leader may be forced alone, or join anew", () => {
    const facts = { data, etcd: "running", hasLeader: false } as const;
    expect(refuse(orders.force, facts)).toBeNull();
    expect(refuse(orders.join, facts)).toBeNull();
    expect(refuse(orders.resume, facts)?.code).toBe("EtcdRunning");
  });

  test("one that keeps failing, or was removed, may be told anew", () => {
    expect(refuse(orders.resume, { data, etcd: "backoff", hasLeader: false })).toBeNull();
    expect(refuse(orders.join, { data, etcd: "exited", hasLeader: false })).toBeNull();
  });
});

describe("what an order means for the start", () => {
  const order = (etcd: EtcdOrder): AgentOrder => ({
    orderId: "task:1",
    etcd,
    jupyter: { token: "t", cookieSecret: "c" },
  });
  const identity = { memberId: MEMBER, clusterId: OWN, raftIndex: 7, raftTerm: 2 };

  test("a join wipes the data of the former member", () => {
    const plan = planStart(order(orders.join), present(OWN), identity);
    expect(plan).toEqual({ wipe: true, force: false });
  });

  test("a join that comes again keeps what it has fetched already", () => {
    const joined = { ...identity, memberId: orders.join.memberId };
    expect(planStart(order(orders.join), present(OWN), joined).wipe).toBe(false);
  });

  test("the cluster is forced once for one order", () => {
    expect(planStart(order(orders.force), present(OWN), identity).force).toBe(true);
    const done = { ...identity, forcedBy: "task:1" };
    expect(planStart(order(orders.force), present(OWN), done).force).toBe(false);
    const earlier = { ...identity, forcedBy: "task:0" };
    expect(planStart(order(orders.force), present(OWN), earlier).force).toBe(true);
  });
});

test("only what no restart mends counts as corrupt", () => {
  expect(isCorruption("failed to repair WAL: walpb: crc mismatch")).toBe(true);
  expect(isCorruption("tocommit(9) is out of range [lastIndex(0)]. Was the raft log…")).toBe(true);
  expect(isCorruption("listen tcp 172.31.20.10:2380: bind: address already in use")).toBe(false);
});
