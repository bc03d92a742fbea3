/** The data of a simulated etcd: what survives what, and what is made of it. */
import { beforeEach, describe, expect, it } from "vitest";
import { EtcdFixture, idOf, NAMES, put } from "../../support/simulation/etcd-fixture.ts";

let etcd: EtcdFixture;

beforeEach(() => {
  etcd = new EtcdFixture();
});

describe("the data of a simulated etcd", () => {
  it("survives the death of all at once", () => {
    etcd.done(etcd.follower(), put("a", "1"));
    etcd.killAll();
    for (const name of NAMES) etcd.cluster.start(name);
    expect(etcd.cluster.until(() => etcd.cluster.servers().every((s) => s.ready))).toBe(true);
    expect(etcd.valueAt(etcd.follower(), "a")).toBe("1");
  });

  it.each([
    ["keeps the whole log of a survivor that is forced to begin anew", true, "2"],
    ["loses what was not committed there as etcd itself forces it", false, "1"],
  ])("%s", (_, keep, value) => {
    const survivor = etcd.nodeOf(etcd.follower());
    etcd.done(etcd.leader(), put("a", "1"));
    etcd.pass(500);
    // The entry reaches the survivor, and the news that it is committed does not.
    etcd.leader().request(put("a", "2"), 5_000, () => undefined);
    const last = survivor.data.inspect();
    const index = last.state === "present" ? last.raftIndex : 0;
    const reached = () => survivor.server?.core?.lastIndex === index + 1;
    expect(etcd.cluster.until(reached)).toBe(true);
    etcd.killAll();
    if (keep) survivor.data.commitTo(index + 1);
    survivor.data.forceNewCluster("forced");
    const server = etcd.cluster.start(survivor.name);
    expect(etcd.cluster.until(() => server.ready)).toBe(true);
    expect(etcd.valueAt(server, "a")).toBe(value);
    expect(etcd.done(server, { type: "member-list", linearizable: true }).members).toHaveLength(1);
    const second = etcd.joined("n5");
    etcd.done(etcd.leader(), { type: "member-promote", id: idOf(second) });
    expect(etcd.cluster.until(() => second.status()?.isLearner === false)).toBe(true);
    expect(etcd.valueAt(second, "a")).toBe(value);
    expect(second.identity?.history).toBe("forced");
    expect(etcd.cluster.violations()).toEqual([]);
  });

  it("of a learner alone cannot begin anew", () => {
    etcd.joined("n3");
    etcd.killAll();
    const node = etcd.cluster.node("n3");
    node.data.forceNewCluster("forced");
    const server = etcd.cluster.start("n3");
    etcd.pass(20_000);
    expect(server.ready).toBe(false);
    expect(etcd.cluster.leader()).toBeNull();
  });

  it("is restored from a snapshot under a new cluster id", () => {
    etcd.done(etcd.leader(), put("a", "1"));
    etcd.done(etcd.leader(), put("b", "2"));
    const { snapshot } = etcd.done(etcd.leader(), { type: "snapshot" });
    const before = etcd.leader().identity?.clusterId;
    if (snapshot === null) throw new Error("no snapshot");
    etcd.killAll();
    const members = Object.fromEntries(NAMES.map((n) => [n, etcd.cluster.node(n).peerUrl]));
    for (const name of NAMES) {
      etcd.cluster.node(name).data.restore(name, { token: "restored", members }, snapshot);
      etcd.cluster.start(name);
    }
    expect(etcd.cluster.until(() => etcd.cluster.servers().every((s) => s.ready))).toBe(true);
    expect(etcd.valueAt(etcd.follower(), "b")).toBe("2");
    expect(etcd.leader().status()?.revision).toBe(3);
    expect(etcd.leader().identity?.clusterId).not.toBe(before);
  });

  it("that was forced to begin anew knows the former others as removed, and ends them", () => {
    const node = etcd.nodeOf(etcd.follower());
    etcd.cluster.kill(node.name);
    node.data.forceNewCluster("forced");
    etcd.cluster.start(node.name);
    const others = NAMES.filter((name) => name !== node.name).map((name) =>
      etcd.cluster.node(name),
    );
    expect(etcd.cluster.until(() => others.some((n) => n.exits[0]?.code === 0))).toBe(true);
  });
});
