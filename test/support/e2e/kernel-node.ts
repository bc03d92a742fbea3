/** On which node a kernel runs, and the death of the leader beside it. */
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { KernelStatus } from "../../../controller/model/kernels.ts";
import type { NodeStatus } from "../../../controller/model/resource.ts";
import { until } from "../poll.ts";
import type { LocalCluster } from "./local-cluster.ts";
import { leaderOf } from "./nodes.ts";
import type { NotebookUser } from "./notebook-user.ts";

/** Each goes where the fewest are. */
const BESIDE_TRIES_MAX = 6;

/** What its node has written of it; undefined: nothing. */
export async function kernelStatus(
  cluster: LocalCluster,
  kernel: string,
): Promise<KernelStatus | undefined> {
  const leader = leaderOf(await cluster.object());
  const text = await cluster.etcdGet(leader, etcdKeys(cluster.ref).kernelStatus(kernel));
  return text === "" ? undefined : (JSON.parse(text) as KernelStatus);
}

/** A kernel on another node than this one; what is started on the same stays idle. */
export async function startKernelBeside(
  cluster: LocalCluster,
  user: NotebookUser,
  other: string,
): Promise<string> {
  for (let tries = 0; tries < BESIDE_TRIES_MAX; tries += 1) {
    const kernel = await user.startKernel();
    const [theirs, its] = await Promise.all([other, kernel].map((k) => kernelStatus(cluster, k)));
    if (theirs?.slot !== its?.slot) return kernel;
  }
  throw new Error("every kernel is started on the same node");
}

/**
 * Kills the leader's container once the cluster is Ready; if the kernel runs there, another node is made to lead
 * before. Resolves when another leads.
 *
 * @returns milliseconds since the epoch at the kill
 */
export async function killLeaderBeside(cluster: LocalCluster, kernel: string): Promise<number> {
  const ready = () => cluster.untilReady({ timeoutMs: 120_000 });
  let leader = leaderOf(await ready());
  const own = await until("the kernel's node has told of it", () => kernelStatus(cluster, kernel));
  if (leader.slot === own.slot) {
    await handOver(cluster, leader);
    await untilAnotherLeads(cluster, leader);
    leader = leaderOf(await ready());
  }
  const at = Date.now();
  await cluster.killContainer(leader);
  await untilAnotherLeads(cluster, leader);
  return at;
}

/** Kills the leader, which is made the kernel's node before: a page loses its server and its kernel at once. */
export async function killLeaderOf(cluster: LocalCluster, kernel: string): Promise<void> {
  const ready = () => cluster.untilReady({ timeoutMs: 120_000 });
  let leader = leaderOf(await ready());
  const own = await until("the kernel's node has told of it", () => kernelStatus(cluster, kernel));
  if (leader.slot !== own.slot) {
    await handOver(cluster, leader, own.slot);
    await untilAnotherLeads(cluster, leader);
    leader = leaderOf(await ready());
  }
  if (leader.slot !== own.slot) throw new Error(`slot ${leader.slot} leads, not ${own.slot}`);
  await cluster.killContainer(leader);
}

/** @param to a slot; left out: any other */
async function handOver(cluster: LocalCluster, leader: NodeStatus, to?: number): Promise<void> {
  const { nodes } = (await cluster.object()).status;
  const isNext = ({ slot }: NodeStatus) => (to === undefined ? slot !== leader.slot : slot === to);
  const id = nodes.find((node) => isNext(node) && node.etcd !== null)?.etcd?.memberId;
  const moved = await cluster.etcdctl(leader, "move-leader", id ?? "none");
  if (moved.code !== 0) throw new Error(moved.stderr);
}

export async function untilAnotherLeads(cluster: LocalCluster, former: NodeStatus): Promise<void> {
  await cluster.until(
    "another leads",
    (o) => o.status.leader !== null && leaderOf(o).slot !== former.slot,
  );
}
