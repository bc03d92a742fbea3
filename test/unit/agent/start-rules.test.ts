import { describe, expect, test } from "vitest";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { planStart, refuse } from "../../../agent-image/agent/etcd/start-rules.ts";
import type { Identity } from "../../../agent-image/agent/etcd/identity.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { StartCommand, EtcdData, EtcdStart } from "../../../controller/model/agent-api.ts";

const URLS = {
  "slot-0": "http://172.31.20.10:2380",
  "slot-1": "http://172.31.20.11:2380",
  "slot-2": "http://172.31.20.12:2380",
};
const OWN = "8d09ee6a59bf4186";
const MEMBER = "aab98c34a6b7081e";
const memberName = "slot-0";
const SNAPSHOT = { sha256: "ab".repeat(32), revision: 42 };

const commands = {
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
} satisfies Record<string, EtcdStart>;

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

describe("a command on the data that is there", () => {
  const cases: [string, EtcdStart, EtcdData, string | null][] = [
    ["a first start in an empty directory", commands.bootstrap, empty, null],
    ["a first start again, over its own data", commands.bootstrap, present(OWN), null],
    ["a first start over another cluster's data", commands.bootstrap, present("99"), "DataPresent"],
    [
      "a first start over data of nobody knows whom",
      commands.bootstrap,
      present(null),
      "DataPresent",
    ],
    ["a first start over broken data", commands.bootstrap, corrupt, "DataPresent"],
    ["a resume on its own data", commands.resume, present(OWN), null],
    ["a resume on data whose cluster was never learned", commands.resume, present(null), null],
    ["a resume whatever the cluster", commands.resumeAny, present("99"), null],
    ["a resume without data", commands.resume, empty, "DataMissing"],
    ["a resume on broken data", commands.resume, corrupt, "DataMissing"],
    ["a resume on another cluster's data", commands.resume, present("99"), "ClusterIDMismatch"],
    ["a join over whatever there is", commands.join, present("99"), null],
    ["a join over broken data", commands.join, corrupt, null],
    ["forcing on its own data", commands.force, present(OWN), null],
    ["forcing on another cluster's data", commands.force, present("99"), "ClusterIDMismatch"],
  ];
  test.each(cases)("%s", (_, command, data, code) => {
    const refusal = refuse(command, { data, snapshot: null, etcd: "stopped", hasLeader: false });
    expect(refusal?.code ?? null).toBe(code);
  });
});

describe("a restore", () => {
  const restoring = (data: EtcdData, snapshot: SnapshotRef | null) =>
    refuse(commands.restore, { data, snapshot, etcd: "stopped", hasLeader: false })?.code ?? null;

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
    expect(refuse({ ...commands.restore, snapshot: null }, facts)).toBeNull();
  });

  test("needs no snapshot any more when it was carried out", () => {
    expect(restoring(present(OWN), null)).toBeNull();
  });
});

describe("a command while etcd runs", () => {
  const data = present(OWN);
  const snapshot = SNAPSHOT;

  test.each(Object.entries(commands))("%s is refused while there is a leader", (_, command) => {
    expect(refuse(command, { data, snapshot, etcd: "running", hasLeader: true })?.code).toBe(
      "EtcdRunning",
    );
  });

  test("a member without a leader may be forced alone, join anew or be restored", () => {
    const facts = { data, snapshot, etcd: "running", hasLeader: false } as const;
    expect(refuse(commands.force, facts)).toBeNull();
    expect(refuse(commands.restore, facts)).toBeNull();
    expect(refuse(commands.join, facts)).toBeNull();
    expect(refuse(commands.resume, facts)?.code).toBe("EtcdRunning");
  });

  test("one that keeps failing, or was removed, may be told anew", () => {
    expect(
      refuse(commands.resume, { data, snapshot, etcd: "backoff", hasLeader: false }),
    ).toBeNull();
    expect(refuse(commands.join, { data, snapshot, etcd: "exited", hasLeader: false })).toBeNull();
  });
});

describe("what a command means for the start", () => {
  const command = (etcd: EtcdStart): StartCommand => ({
    commandId: "task:1",
    etcd,
    tls: null,
    jupyter: { token: "t", cookieSecret: "c" },
  });
  const forced = { memberId: MEMBER, clusterId: OWN, forcedBy: "task:1" };
  const start = { wipe: false, restore: null, force: false };

  test("a join wipes the data of the former member", () => {
    expect(planStart(command(commands.join), present(OWN), null)).toEqual({ ...start, wipe: true });
    expect(planStart(command(commands.join), corrupt, null)).toEqual({ ...start, wipe: true });
  });

  test("a join that comes again keeps what it has fetched already", () => {
    const joined = { ...commands.join, memberId: MEMBER };
    expect(planStart(command(joined), present(OWN), null)).toEqual(start);
  });

  test("the cluster is forced once for one command", () => {
    const plan = (identity: Identity | null) =>
      planStart(command(commands.force), present(OWN), identity);
    expect(plan(null)).toEqual({ ...start, force: true });
    expect(plan(forced)).toEqual(start);
    expect(plan({ ...forced, forcedBy: "task:0" }).force).toBe(true);
    expect(plan({ ...forced, memberId: "77" }).force).toBe(true);
  });

  test("a snapshot is restored once", () => {
    const restore = { ...start, restore: SNAPSHOT };
    expect(planStart(command(commands.restore), empty, null)).toEqual(restore);
    expect(planStart(command(commands.restore), present("99"), null)).toEqual(restore);
    expect(planStart(command(commands.restore), present(OWN), null)).toEqual(start);
  });

  test("a new and empty cluster is begun once", () => {
    const nothing = command({ ...commands.restore, snapshot: null });
    expect(planStart(nothing, present("99"), null)).toEqual({ ...start, wipe: true });
    expect(planStart(nothing, empty, null)).toEqual(start);
    expect(planStart(nothing, present(OWN), null)).toEqual(start);
  });
});
