/** What a kill costs: by hand, by the program, and where there is one by the peer, in turns. */
import { setTimeout as delay } from "node:timers/promises";
import { clientUrl } from "../../controller/model/ids.ts";
import { PROVEN_AFTER_MS } from "../../controller/plan/tasks/backoff.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import type { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { TLS } from "../support/etcd/transport.ts";
import type { HandDriven } from "./hand-driven.ts";
import { Load, type LoadResult, said } from "./load.ts";
import type { Probe } from "./probe.ts";
import { compare, type Measured, timed } from "./stats.ts";
import type { SwarmDriven } from "./swarm-driven.ts";

/** Before the kill and after the first answer since, so that both are seen under load. */
export const LOAD_MS = 1_000;

export interface KillBench {
  readonly runs: number;
  readonly probe: Probe;
  readonly hand: HandDriven;
  readonly cluster: LocalCluster;
  /** Null: there is none on this engine. */
  readonly swarm: SwarmDriven | null;
}

export async function followerKills(bench: KillBench): Promise<Measured[]> {
  const { runs, cluster, swarm } = bench;
  const program: number[] = [];
  const floor: number[] = [];
  const peer: number[] = [];
  const identity = await cluster.etcdIdentity();
  for (let run = 0; run < runs; run++) {
    floor.push(await followerKillByHand(bench));
    if (swarm !== null) {
      const member = await swarm.follower();
      peer.push(await timed(() => swarm.killUntilVoter(member)));
      await swarm.calm(member);
    }
    const ready = await cluster.untilReady();
    const follower = ready.status.nodes.find((n) => !n.leader);
    if (follower === undefined) throw new Error("there is no follower");
    program.push(
      await timed(async () => {
        await cluster.killContainer(follower);
        // A dead address is not dialled: the kernel would look for it for a second and more.
        const isBack = (o: JupyterClusterObject) =>
          o.status.nodes.some(
            (n) => n.taskId !== null && n.slot === follower.slot && isSuccessor(n, follower),
          );
        await cluster.until("its successor runs", isBack);
        await bench.probe.untilVoter(clientUrl(follower.ip, TLS), identity);
      }),
    );
    await settled(cluster, follower.taskId);
  }
  const what = "follower kill to healthy voting member";
  return [
    compare(what, 1.2, program, floor),
    ...(swarm === null ? [] : [compare(`${what}, beside Docker Swarm`, 1, program, peer)]),
  ];
}

export async function leaderKills(bench: KillBench): Promise<Measured[]> {
  const { runs, cluster, probe } = bench;
  const program: number[] = [];
  const floor: number[] = [];
  const loaded: LoadResult[] = [];
  const served = `${cluster.proxyUrl}/api`;
  for (let run = 0; run < runs; run++) {
    floor.push(await leaderKillByHand(bench));
    await probe.until200(served);
    program.push(await leaderKill(cluster, () => probe.until200(served)));
    const load = new Load(served);
    await delay(LOAD_MS);
    await leaderKill(cluster, () => delay(LOAD_MS));
    loaded.push(await load.stop());
  }
  const waits = loaded.map(({ longestMs }) => longestMs);
  return [
    compare("leader kill to the first 200 through the proxy", 1.2, program, floor),
    compare(`leader kill under load: longest wait (${said(loaded)})`, 1.5, waits, floor),
  ];
}

async function followerKillByHand({ hand, probe }: KillBench): Promise<number> {
  const slot = ((await hand.leader()) + 1) % hand.size;
  const took = await timed(async () => {
    await hand.kill(slot);
    await hand.replace(slot);
    await probe.untilVoter(hand.clientUrl(slot));
  });
  await calm(hand, probe, slot);
  return took;
}

export async function leaderKillByHand({
  hand,
  probe,
}: Pick<KillBench, "hand" | "probe">): Promise<number> {
  const old = await hand.leader();
  const rest = hand.slots.filter((slot) => slot !== old);
  const took = await timed(async () => {
    await hand.kill(old);
    await probe.until200(hand.jupyterUrl(await hand.leader(rest)));
  });
  await hand.replace(old);
  await calm(hand, probe, old);
  return took;
}

/** Milliseconds from the kill until `served`; the next may come when it returns. */
export async function leaderKill(
  cluster: LocalCluster,
  served: () => Promise<void>,
): Promise<number> {
  const leader = leaderOf(await cluster.untilReady());
  const took = await timed(async () => {
    await cluster.killContainer(leader);
    await served();
  });
  await settled(cluster, leader.taskId);
  return took;
}

/** The one's Jupyter still starts after its etcd serves: that second of work is not the other's. */
async function calm(hand: HandDriven, probe: Probe, slot: number): Promise<void> {
  await probe.untilVoter(hand.clientUrl(slot));
  await probe.until200(hand.jupyterUrl(slot));
}

/**
 * The next kill comes when this one is healed and has been for a while: a node that dies soon
 * after it got ready is in backoff, and that is not what is measured here.
 */
async function settled(cluster: LocalCluster, taskId: string | null): Promise<void> {
  await cluster.until("the loss is seen", (o) => o.status.nodes.every((n) => n.taskId !== taskId));
  await cluster.untilReady();
  await delay(PROVEN_AFTER_MS + 500);
}

function isSuccessor(node: NodeStatus, dead: NodeStatus): boolean {
  return node.taskId !== dead.taskId && (node.phase === "Starting" || node.phase === "Running");
}
