import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { EtcdClusterClient } from "../../controller/etcd/cluster-client.ts";
import { FencedPut } from "../../controller/etcd/fenced-put.ts";
import { memberClient } from "../../controller/etcd/member-client.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import { hexId } from "../../controller/model/ids.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { type EtcdNode, EtcdNodes } from "../support/etcd/etcd-nodes.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const KEY = "/jupytercluster.dev/default/lab/desired";
/** Twice what one call may take, for a machine under load. */
const BOUND_MS = 4_000;

const docker = new Docker();
const run = `etcd-client-${randomBytes(3).toString("hex")}`;
const nodes: EtcdNode[] = [];
let cluster: EtcdNodes;
let client: EtcdClusterClient;

beforeAll(async () => {
  const image = inject("agentImage");
  cluster = new EtcdNodes({ docker, run, subnet: "172.31.50.0/24", image });
  await cluster.createNetwork();
  nodes.push(...(await cluster.bootstrap([0, 1, 2])));
  client = new EtcdClusterClient({
    connect: memberClient,
    identity: null,
    clock: systemClock,
    log: silentLog,
  });
  client.setEndpoints(nodes.map((n) => n.url));
  await until("the first put", async () => {
    await client.put(KEY, "first");
    return true;
  });
});

afterAll(async () => {
  client.close();
  await cluster.removeAll();
});

/** The member's own view; null while it does not answer. */
async function statusOf(node: EtcdNode) {
  const member = memberClient(node.url, null);
  try {
    const options = { deadline: Date.now() + 500 };
    const status = await member.maintenance.status(options);
    return { id: hexId(status.header.member_id), leader: hexId(status.leader) };
  } finally {
    member.close();
  }
}

async function leaderAndFollowers(of: readonly EtcdNode[] = nodes) {
  return until("all agree on a leader", async () => {
    const statuses = await Promise.all(of.map(statusOf));
    const leaders = new Set(statuses.map((s) => s.leader));
    const index = statuses.findIndex((s) => s.id === s.leader);
    const leader = of[index];
    if (leaders.size !== 1 || leader === undefined) return null;
    const followers = of.filter((n) => n !== leader);
    const idOf = (node: EtcdNode) => statuses[of.indexOf(node)]?.id ?? "";
    return { leader, followers, idOf };
  });
}

async function bounded<T>(call: Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    return await call;
  } finally {
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
  }
}

describe("keys", () => {
  it("reads what it wrote, and null for what was never written", async () => {
    await client.put(KEY, "käse\n{}");
    expect(await client.get(KEY)).toBe("käse\n{}");
    expect(await client.get(`${KEY}/none`)).toBeNull();
  });

  it("overwrites a value that somebody else wrote meanwhile", async () => {
    const other = new EtcdClusterClient({
      connect: memberClient,
      identity: null,
      clock: systemClock,
      log: silentLog,
    });
    other.setEndpoints([nodes[1]?.url ?? ""]);
    await other.put(KEY, "theirs");
    await client.put(KEY, "ours");
    expect(await other.get(KEY)).toBe("ours");
    other.close();
  });

  it("is refused with etcd's own words when the value is too large", async () => {
    await expect(bounded(client.put(KEY, "x".repeat(3_000_000)))).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
      message: expect.stringMatching(/too large|larger than/),
    });
  });
});

describe("members in trouble", () => {
  it("serves past a paused member that comes first", async () => {
    const { leader, followers } = await leaderAndFollowers();
    const [first, second] = followers as [EtcdNode, EtcdNode];
    client.setEndpoints([first.url, leader.url, second.url]);
    await first.container.pause();
    try {
      await bounded(client.put(KEY, "past a paused one"));
      expect(await bounded(client.get(KEY))).toBe("past a paused one");
    } finally {
      await first.container.unpause();
    }
  });

  it("lets no put that got stuck on its way overwrite a newer one", async () => {
    const { leader } = await leaderAndFollowers();
    client.setEndpoints([leader.url]);
    await client.put(KEY, "before");
    const member = memberClient(leader.url, null);
    const options = () => ({ deadline: Date.now() + 2_000 });
    let arriveLate: () => Promise<unknown> = () => Promise.reject(new Error("nothing was put"));
    let stuck = false;
    const puts = new FencedPut(async (call) => {
      if (!stuck) return call(member, options());
      arriveLate = () => call(member, options());
      throw new Error("no answer");
    });
    await puts.put(KEY, "theirs");
    stuck = true;
    await expect(puts.put(KEY, "late")).rejects.toThrow("no answer");
    await client.put(KEY, "newer");
    await arriveLate();
    expect(await client.get(KEY)).toBe("newer");
    member.close();
  });

  it("takes a put whose answer got lost for done when it is tried again", async () => {
    const { leader } = await leaderAndFollowers();
    const member = memberClient(leader.url, null);
    const options = () => ({ deadline: Date.now() + 2_000 });
    const puts = new FencedPut(async (call) => {
      await call(member, options());
      return call(member, options());
    });
    await puts.put(KEY, "twice");
    await puts.put(KEY, "and twice again");
    expect(await client.get(KEY)).toBe("and twice again");
    member.close();
  });

  it("writes again as soon as a new leader is elected after the leader was killed", async () => {
    const { leader, followers } = await leaderAndFollowers();
    client.setEndpoints([leader.url, ...followers.map((n) => n.url)]);
    await leader.container.kill();
    await bounded(client.put(KEY, "after the kill"));
    expect(await bounded(client.get(KEY))).toBe("after the kill");
    await leader.container.start();
    await leaderAndFollowers();
  });

  it("passes over an address that swallows everything", async () => {
    const swallowing = "http://172.31.50.250:2379";
    client.setEndpoints([swallowing, ...nodes.map((n) => n.url)]);
    await bounded(client.put(KEY, "past the void"));
    client.setEndpoints([swallowing]);
    await expect(bounded(client.get(KEY))).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
    });
    client.setEndpoints(nodes.map((n) => n.url));
    expect(await client.get(KEY)).toBe("past the void");
  });

  it("gives up in time without a quorum, and works again with it", async () => {
    const others = nodes.slice(1);
    await Promise.all(others.map((n) => n.container.pause()));
    try {
      const calls = [client.put(KEY, "no quorum"), client.memberList(), client.removeMember("abc")];
      const ends = await bounded(Promise.allSettled(calls));
      expect(ends.map((end) => end.status === "rejected" && end.reason.code)).toEqual(
        calls.map(() => ERROR_CODES.ETCD_UNAVAILABLE),
      );
    } finally {
      await Promise.all(others.map((n) => n.container.unpause()));
    }
    await leaderAndFollowers();
    await until("writable again", async () => {
      await client.put(KEY, "quorum");
      return true;
    });
  });
});

describe("members", () => {
  it("lists them with hexadecimal ids", async () => {
    const { leader, idOf } = await leaderAndFollowers();
    const members = await client.memberList();
    expect(members.map((m) => m.name).toSorted()).toEqual(["slot-0", "slot-1", "slot-2"]);
    expect(members.find((m) => m.peerUrls.includes(leader.peerUrl))?.id).toBe(idOf(leader));
  });

  it("adds a learner once, promotes it when it has caught up, and removes it once", async () => {
    const ip = cluster.addressOf(3);
    const peer = `http://${ip}:2380`;
    const added = await client.addLearner(peer);
    expect(await client.addLearner(peer)).toEqual(added);
    await expect(bounded(client.promoteMember(added.memberId))).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_NOT_READY,
    });
    await expect(client.addLearner(`http://${cluster.addressOf(4)}:2380`)).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_NOT_READY,
    });

    const node = await cluster.join(3, [0, 1, 2, 3]);
    await until("the learner is promoted", async () => {
      await client.promoteMember(added.memberId);
      return true;
    });
    await client.promoteMember(added.memberId);
    const member = (await client.memberList()).find((m) => m.id === added.memberId);
    expect(member).toMatchObject({ name: "slot-3", isLearner: false, peerUrls: [peer] });
    await expect(client.addLearner(peer)).rejects.toMatchObject({
      message: expect.stringContaining("voter"),
    });

    await client.removeMember(added.memberId);
    await client.removeMember(added.memberId);
    expect((await client.memberList()).map((m) => m.id)).not.toContain(added.memberId);
    await node.container.remove({ force: true });
  });

  it("adds a peer URL again right after its removal", async () => {
    const peer = `http://${cluster.addressOf(5)}:2380`;
    const first = await client.addLearner(peer);
    await client.removeMember(first.memberId);
    const second = await client.addLearner(peer);
    expect(second.memberId).not.toBe(first.memberId);
    await client.removeMember(second.memberId);
  });

  it("moves the leader, once and again", async () => {
    const { leader, followers, idOf } = await leaderAndFollowers();
    const [next] = followers as [EtcdNode];
    await client.moveLeader(leader.url, idOf(next));
    await client.moveLeader(leader.url, idOf(next));
    expect((await leaderAndFollowers()).leader.name).toBe(next.name);
  });

  it("cannot move the leader through a member that does not lead", async () => {
    const { followers, idOf } = await leaderAndFollowers();
    const [one, two] = followers as [EtcdNode, EtcdNode];
    await expect(client.moveLeader(one.url, idOf(two))).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
    });
  });
});

describe("closing", () => {
  it("ends calls in flight and refuses later ones", async () => {
    const own = new EtcdClusterClient({
      connect: memberClient,
      identity: null,
      clock: systemClock,
      log: silentLog,
    });
    own.setEndpoints(["http://172.31.50.250:2379"]);
    const call = own.get(KEY);
    own.close();
    const refusal = { code: ERROR_CODES.ETCD_UNAVAILABLE };
    await expect(bounded(call)).rejects.toMatchObject(refusal);
    await expect(bounded(own.get(KEY))).rejects.toMatchObject(refusal);
  });
});
