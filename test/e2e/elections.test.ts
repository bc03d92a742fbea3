/** The election story of real clusters, from the built program: each fact as etcd's log told it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Election } from "../../controller/model/election.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../controller/model/resource.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";

const NAME = "e2e-ballot";
let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: NAME, subnet: "172.31.63" });
  cluster.startController();
});

afterAll(async () => {
  await cluster?.destroy();
});

function latest(object: JupyterClusterObject): Election | undefined {
  return object.status.elections.at(-1);
}

/** When all that were there have told what they know of the leader. */
function isTold(
  object: JupyterClusterObject,
  leaderId: string | undefined,
  nodes: number,
): boolean {
  const election = latest(object);
  return election?.leaderId === leaderId && election?.learned.length === nodes;
}

async function messages(reason: string): Promise<string[]> {
  const { stdout } = await cluster.cli("events", NAME, "-o", "json");
  const { items } = JSON.parse(stdout) as { items: ClusterEvent[] };
  return items
    .filter((e) => e.reason === reason)
    .flatMap((e) => Array<string>(e.count).fill(e.message));
}

describe("the election story", () => {
  it("begins with the first election, and the voters that made it", async () => {
    const object = await cluster.until("a leader is known to two", (o) =>
      o.status.elections.some((e) => e.learned.length >= 2 && slotOf(e, e.leaderId) != null),
    );
    const [first] = object.status.elections;
    expect(first).toMatchObject({ cause: "FirstElection", previousLeader: null });
    expect(first?.votes.filter((v) => v.granted).length).toBeGreaterThanOrEqual(2);
    const [said] = await messages("LeaderElected");
    const slot = slotOf(first, first?.leaderId);
    expect(said).toMatch(
      new RegExp(`^slot ${slot} leads etcd in term \\d+: [23] of 3 votes .*first election$`),
    );
  });

  it("tells who was lost, who voted for whom and how long it took when the leader dies", async () => {
    const before = await cluster.untilReady();
    const old = leaderOf(before);
    const lostBefore = await messages("LeaderLost");
    await cluster.killContainer(old);
    const after = await cluster.until("its successor is known to both", (o) => {
      const election = latest(o);
      return (
        election?.previousLeader?.leaderId === old.etcd?.memberId && election?.learned.length === 2
      );
    });
    const election = latest(after) as Election;
    expect(election).toMatchObject({ cause: "LeaderLost", toldBy: election.leaderId });
    expect(election.votes.filter((v) => v.granted).length).toBeGreaterThanOrEqual(2);
    expect(election.durationMs).toBeGreaterThan(50);
    expect(election.durationMs).toBeLessThan(10_000);
    const names = Object.fromEntries(before.status.nodes.map((n) => [n.slot, n.name]));
    for (const { slot, name } of election.members) expect(name).toBe(names[slot ?? -1]);

    const [lost, ...more] = (await messages("LeaderLost")).slice(lostBefore.length);
    expect(more).toEqual([]);
    expect(lost).toContain(`slot ${old.slot} (${NAME}-0), etcd's leader in term`);
    const said = (await messages("LeaderElected")).at(-1) ?? "";
    const took = new RegExp(`, (\\d+) ms after slot ${old.slot} was lost$`).exec(said)?.[1];
    // The winner's own word, by its own clock, may have come after the event.
    expect(Math.abs(Number(took) - (election.durationMs ?? 0)), said).toBeLessThan(50);

    const { stdout } = await cluster.cli("elections", NAME, "--latest", "1");
    expect(stdout).toContain(` until slot ${slotOf(election, election.leaderId)} led`);
    expect(stdout).toMatch(new RegExp(`slot ${old.slot} \\(${NAME}-0\\) +\\? +\\? +\\? +\\?`));
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("tells a leadership that was handed over as that, and as no loss", async () => {
    const before = await cluster.untilReady();
    const [old, successor] = [leaderOf(before), followersOf(before)[0]];
    const id = successor?.etcd?.memberId ?? "";
    const lostBefore = await messages("LeaderLost");
    expect((await cluster.etcdctl(old, "move-leader", id)).code).toBe(0);
    const after = await cluster.until("all have told", (o) => isTold(o, id, 3));
    expect(latest(after)).toMatchObject({
      cause: "Transfer",
      previousLeader: { leaderId: old.etcd?.memberId },
    });
    expect((await messages("LeaderElected")).at(-1)).toContain(`handed over by slot ${old.slot}`);
    expect(await messages("LeaderLost")).toEqual(lostBefore);
    const { stdout } = await cluster.cli("elections", NAME);
    expect(stdout).toMatch(/handed over +slot 0/);
  });

  it("outlives the controller", async () => {
    const { elections } = (await cluster.untilReady()).status;
    const said = await messages("LeaderElected");
    await cluster.endController("SIGKILL");
    cluster.startController();
    const after = await cluster.untilReady();
    expect(after.status.elections).toEqual(elections);
    expect(await messages("LeaderElected")).toEqual(said);
  });
});

function slotOf(election: Election | undefined, id: string | null | undefined) {
  return election?.members.find((m) => m.id === id)?.slot;
}
