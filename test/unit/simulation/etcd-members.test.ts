/** The members of a simulated etcd: refusals in etcd's words, and how their processes end. */
import { beforeEach, describe, expect, it } from "vitest";
import { ERRORS, type EtcdRequest } from "../../simulation/etcd/types.ts";
import { EtcdFixture, idOf, put } from "../../support/simulation/etcd-fixture.ts";

let etcd: EtcdFixture;

beforeEach(() => {
  etcd = new EtcdFixture();
});

describe("the members of a simulated etcd", () => {
  it("are added as learners, promoted in sync, and removed, with etcd's own refusals", () => {
    const refused = (request: EtcdRequest, error: string) =>
      expect(etcd.ask(etcd.follower(), request)).toEqual({ ok: false, error });
    const learner = etcd.addLearner("n3");
    etcd.pass(1_000);
    const { peerUrl } = learner;
    refused({ type: "member-add", peerUrl, isLearner: true }, ERRORS.peerUrlExists);
    const another = "http://n4:2380";
    refused({ type: "member-add", peerUrl: another, isLearner: true }, ERRORS.tooManyLearners);
    refused({ type: "member-promote", id: learner.id }, ERRORS.learnerNotReady);
    refused({ type: "member-promote", id: idOf(etcd.leader()) }, ERRORS.notALearner);
    refused({ type: "member-promote", id: "abc" }, ERRORS.memberNotFound);
    refused({ type: "member-remove", id: "abc" }, ERRORS.memberNotFound);
    etcd.cluster.join("n3", learner);
    const server = etcd.serverAt("n3");
    expect(etcd.cluster.until(() => server.ready)).toBe(true);
    expect(etcd.ask(server, put("a", "1"))).toEqual({
      ok: false,
      error: ERRORS.unsupportedForLearner,
    });
    expect(etcd.valueAt(server, "a", true)).toBeUndefined();
    etcd.done(etcd.follower(), { type: "member-promote", id: learner.id });
    expect(etcd.cluster.until(() => server.status()?.isLearner === false)).toBe(true);
    etcd.done(etcd.follower(), { type: "member-remove", id: learner.id });
    refused({ type: "member-remove", id: learner.id }, ERRORS.memberNotFound);
  });

  it("get the same id for the same URL in the same second, and no removed id again", () => {
    const first = etcd.addLearner("n3");
    etcd.done(etcd.leader(), { type: "member-remove", id: first.id });
    const again: EtcdRequest = { type: "member-add", peerUrl: first.peerUrl, isLearner: true };
    expect(etcd.ask(etcd.leader(), again)).toEqual({ ok: false, error: ERRORS.memberNotFound });
    etcd.pass(1_000);
    expect(etcd.done(etcd.leader(), again).member?.id).not.toBe(first.id);
  });

  it("end with 0 once removed, at once or when they come back", () => {
    const [present, absent] = [etcd.nodeOf(etcd.follower()), etcd.nodeOf(etcd.leader())];
    const joiner = etcd.joined("n3");
    etcd.done(etcd.leader(), { type: "member-promote", id: idOf(joiner) });
    const absentId = absent.data.identity?.memberId ?? "";
    etcd.cluster.kill(absent.name);
    expect(etcd.cluster.until(() => etcd.cluster.leader() !== null)).toBe(true);
    etcd.done(etcd.leader(), { type: "member-remove", id: absentId });
    etcd.cluster.start(absent.name);
    expect(etcd.cluster.until(() => absent.exits.length > 0)).toBe(true);
    etcd.done(etcd.leader(), { type: "member-remove", id: present.data.identity?.memberId ?? "" });
    expect(etcd.cluster.until(() => present.exits.length > 0)).toBe(true);
    for (const { exits } of [present, absent]) {
      expect(exits).toEqual([
        { code: 0, reason: "the member has been permanently removed from the cluster" },
      ]);
    }
  });

  it("panic on no data under an old identity, and end on corrupt data or none", () => {
    const node = etcd.nodeOf(etcd.follower());
    const identity = node.data.identity;
    if (identity === null) throw new Error("no identity");
    etcd.done(etcd.leader(), put("a", "1"));
    etcd.cluster.kill(node.name);
    node.data.join(identity);
    etcd.cluster.start(node.name);
    expect(etcd.cluster.until(() => node.exits.length > 0)).toBe(true);
    expect(node.exits[0]?.code).toBe(2);
    expect(node.exits[0]?.reason).toMatch(/tocommit\(\d+\) is out of range/);
    node.data.corrupt();
    expect(node.data.inspect()).toEqual({ state: "corrupt", reason: "walpb: crc mismatch" });
    etcd.cluster.start(node.name);
    etcd.pass(1);
    node.data.wipe();
    etcd.cluster.start(node.name);
    etcd.pass(1);
    expect(node.exits.slice(1).map((e) => e.code)).toEqual([2, 1]);
  });

  it("do not start as a member that was never added, nor when nobody answers", () => {
    const { clusterId = "" } = etcd.leader().identity ?? {};
    const stranger = etcd.cluster.node("n7");
    stranger.initialPeers = [...etcd.cluster.nodes.values()].map((n) => n.peerUrl);
    stranger.data.join({ memberId: "abc", clusterId, token: "token" });
    etcd.cluster.start("n7");
    expect(etcd.cluster.until(() => stranger.exits.length === 1)).toBe(true);
    etcd.cluster.start("n7");
    etcd.cluster.network.isolate(stranger.peerUrl);
    expect(etcd.cluster.until(() => stranger.exits.length === 2)).toBe(true);
    expect(stranger.exits).toEqual([
      { code: 1, reason: "the cluster has no such member" },
      { code: 1, reason: "cannot fetch cluster info from peer urls" },
    ]);
  });

  it("do not believe a member of another cluster", () => {
    const node = etcd.nodeOf(etcd.follower());
    etcd.cluster.kill(node.name);
    const members = { [node.name]: node.peerUrl };
    node.data.bootstrap(node.name, { token: "another", members });
    const other = etcd.cluster.start(node.name);
    expect(etcd.cluster.until(() => other.ready)).toBe(true);
    etcd.done(other, put("a", "another's"));
    etcd.done(
      etcd.leader().core?.id === other.core?.id ? etcd.follower() : etcd.leader(),
      put("a", "ours"),
    );
    etcd.pass(5_000);
    for (const server of etcd.cluster.servers()) {
      expect(etcd.valueAt(server, "a")).toBe(server === other ? "another's" : "ours");
    }
  });
});
