/** The simulated etcd does as etcd 3.5 does: clients, elections, and what a quorum is for. */
import { beforeEach, describe, expect, it } from "vitest";
import { electionRecords } from "../../../agent-image/agent/etcd/election-log.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { ERRORS, type EtcdRequest } from "../../simulation/etcd/types.ts";
import { electionsOf } from "../agent/etcd-log.ts";
import { EtcdFixture, idOf, NAMES, put } from "../../support/simulation/etcd-fixture.ts";

let etcd: EtcdFixture;

beforeEach(() => {
  etcd = new EtcdFixture();
});

describe("a simulated etcd cluster", () => {
  it("boots with etcd's own ids, elects a leader in term 2, and tells its status", () => {
    const urls = Object.fromEntries(NAMES.map((n) => [n, etcd.cluster.node(n).peerUrl]));
    const ids = Object.values(urls).map((url) => bootstrapMemberId(url, "token"));
    for (const server of etcd.cluster.servers()) {
      expect(server.status()).toMatchObject({
        clusterId: bootstrapClusterId(urls, "token"),
        raftTerm: 2,
        leaderId: idOf(etcd.leader()),
        isLearner: false,
        alarms: [],
      });
    }
    expect(etcd.cluster.servers().map(idOf)).toEqual(ids);
    const [record] = electionRecords(electionsOf(etcd.nodeOf(etcd.leader()).lines));
    expect(record).toMatchObject({ term: 2, leaderId: idOf(etcd.leader()) });
    expect(record?.votes.filter((v) => v.granted).length).toBeGreaterThanOrEqual(2);
  });

  it("takes writes at any member, and reads them at every other", () => {
    expect(etcd.done(etcd.follower(), put("a", "1")).revision).toBe(2);
    expect(etcd.done(etcd.leader(), put("a", "2")).revision).toBe(3);
    for (const server of etcd.cluster.servers()) expect(etcd.valueAt(server, "a")).toBe("2");
    const { kvs } = etcd.done(etcd.leader(), { type: "get", key: "a" });
    expect(kvs[0]).toMatchObject({ createRevision: 2, modRevision: 3, version: 2 });
  });

  it("carries out one side of a transaction", () => {
    const claim = (value: string): EtcdRequest => ({
      type: "txn",
      compare: [{ key: "lock", field: "version", equals: 0 }],
      success: [{ type: "put", key: "lock", value }],
      failure: [{ type: "get", key: "lock" }],
    });
    expect(etcd.done(etcd.leader(), claim("mine")).succeeded).toBe(true);
    const second = etcd.done(etcd.follower(), claim("yours"));
    expect(second.succeeded).toBe(false);
    expect(second.kvs[0]?.value).toBe("mine");
    etcd.done(etcd.leader(), { type: "delete", key: "lock" });
    expect(etcd.done(etcd.follower(), claim("yours")).succeeded).toBe(true);
    expect(etcd.done(etcd.leader(), { type: "list", prefix: "lo" }).kvs).toHaveLength(1);
  });

  it("without a quorum, answers what needs none and lets the rest time out", () => {
    etcd.done(etcd.leader(), put("a", "1"));
    const survivor = etcd.leader();
    for (const server of etcd.cluster.servers()) {
      if (server !== survivor) etcd.cluster.kill(etcd.nodeOf(server).name);
    }
    expect(etcd.ask(survivor, put("a", "2"))).toEqual({ ok: false, error: ERRORS.timedOut });
    expect(survivor.status()?.leaderId).toBeNull();
    expect(etcd.valueAt(survivor, "a", true)).toBe("1");
    expect(etcd.ask(survivor, { type: "get", key: "a" })).toEqual({
      ok: false,
      error: ERRORS.timedOut,
    });
    expect(etcd.done(survivor, { type: "member-list", linearizable: false }).members).toHaveLength(
      3,
    );
    expect(etcd.done(survivor, { type: "snapshot" }).snapshot?.kvs[0]?.value).toBe("1");
  });

  it("answers a read of a deposed leader only when a quorum confirms it", () => {
    etcd.done(etcd.leader(), put("a", "1"));
    const old = etcd.leader();
    etcd.cluster.network.isolate(etcd.nodeOf(old).peerUrl);
    expect(etcd.cluster.until(() => etcd.cluster.leader() !== old)).toBe(true);
    etcd.done(etcd.leader(), put("a", "2"));
    expect(etcd.ask(old, { type: "get", key: "a" })).toEqual({ ok: false, error: ERRORS.timedOut });
    expect(etcd.valueAt(old, "a", true)).toBe("1");
    etcd.cluster.network.healAll();
    expect(etcd.cluster.until(() => old.core?.leader === etcd.leader().core?.id)).toBe(true);
    expect(etcd.valueAt(old, "a")).toBe("2");
  });

  it("moves its leader, on demand and when the leader is shut down", () => {
    const target = etcd.follower();
    expect(etcd.ask(target, { type: "move-leader", to: idOf(target) })).toEqual({
      ok: false,
      error: ERRORS.notLeader,
    });
    etcd.done(etcd.leader(), { type: "move-leader", to: idOf(target) });
    expect(etcd.leader()).toBe(target);
    const node = etcd.nodeOf(target);
    const begun = etcd.cluster.scheduler.now();
    target.shutDown(() => node.stop());
    expect(
      etcd.cluster.until(() => etcd.cluster.leader() !== null && etcd.leader() !== target),
    ).toBe(true);
    expect(etcd.cluster.scheduler.now() - begun).toBeLessThan(100);
  });

  it("refuses writes when its quota is used up, and ends on a full disk", () => {
    const big = "x".repeat(4_000_000);
    for (let i = 0; i < 3; i++) etcd.ask(etcd.leader(), put("big", big));
    expect(etcd.ask(etcd.leader(), put("a", "1"))).toEqual({ ok: false, error: ERRORS.noSpace });
    expect(etcd.leader().status()?.alarms).toEqual(["NOSPACE"]);
    const node = etcd.nodeOf(etcd.follower());
    const disk = node.data.open()?.disk;
    if (disk === undefined) throw new Error("no disk");
    disk.full = true;
    etcd.ask(etcd.leader(), { type: "delete", key: "big" });
    expect(etcd.cluster.until(() => node.exits.length > 0)).toBe(true);
    expect(node.exits[0]).toMatchObject({ code: 2 });
    expect(node.exits[0]?.reason).toContain("no space left on device");
  });
});
