/** Leader kills while people work: requests at a steady pace, and pages whose kernels print. */
import { setTimeout as delay } from "node:timers/promises";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import type { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { type KillBench, leaderKill, leaderKillByHand, LOAD_MS } from "./kills.ts";
import { Load, type LoadResult, said } from "./load.ts";
import { Crowd, KERNELS } from "./crowd.ts";
import { compare, type Measured } from "./stats.ts";

/** @param bench its cluster's kernels belong to the cluster */
export async function crowdKills(bench: Omit<KillBench, "swarm">): Promise<Measured> {
  const { runs, cluster } = bench;
  const floor: number[] = [];
  const loaded: LoadResult[] = [];
  const crowd = await Crowd.open(await jupyterUrl(cluster));
  for (let run = 0; run < runs; run++) {
    floor.push(await leaderKillByHand(bench));
    await untilKernelsAreElsewhere(cluster);
    const load = new Load(`${cluster.proxyUrl}/api`);
    await delay(LOAD_MS);
    await leaderKill(cluster, () => crowd.untilMore());
    loaded.push(await load.stop());
  }
  const { pages, stuck, closed, lost, doubled, repeated, cells, wrongCells } = await crowd.close();
  for (const why of new Set(closed)) console.error(`a page's WebSocket was closed: ${why}`);
  const seen = [
    `${lost} lines lost, ${doubled} doubled`,
    `${wrongCells} of ${cells} cells wrong, ${repeated} messages twice`,
    `${closed.length} of ${pages} WebSockets closed, ${stuck} stuck`,
  ].join("; ");
  const waits = loaded.map(({ longestMs }) => longestMs);
  const what = `leader kill with open notebooks: longest wait (${said(loaded)}; ${seen})`;
  return compare(what, 1.5, waits, floor);
}

async function jupyterUrl(cluster: LocalCluster): Promise<string> {
  const asked = await cluster.cli("url", cluster.options.name);
  if (asked.code !== 0) throw new Error(asked.stderr);
  return asked.stdout.trim();
}

/** A kernel dies with its own node, whoever leads: so leadership goes where there is none. */
async function untilKernelsAreElsewhere(cluster: LocalCluster): Promise<void> {
  await cluster.untilReady();
  // Who has just begun to lead has told of none yet.
  const told = (o: JupyterClusterObject) => o.status.kernels?.length === KERNELS;
  const ready = await cluster.until("its kernels are told", told);
  const slots = new Set(ready.status.kernels?.map(({ slot }) => slot));
  const leader = leaderOf(ready);
  if (!slots.has(leader.slot)) return;
  const heir = ready.status.nodes.find(({ slot }) => !slots.has(slot));
  if (heir?.etcd == null) throw new Error("every node runs kernels");
  await handOver(cluster, leader, heir);
}

async function handOver(cluster: LocalCluster, from: NodeStatus, to: NodeStatus): Promise<void> {
  const moved = await cluster.etcdctl(from, "move-leader", to.etcd?.memberId ?? "none");
  if (moved.code !== 0) throw new Error(moved.stderr);
  await cluster.until(
    `slot ${to.slot} leads`,
    (o) => o.status.leader !== null && leaderOf(o).slot === to.slot,
  );
  await cluster.untilReady();
}
