/** Nodes are spread over hosts where the offers allow it; where most share one, people are told. */
import type { ClusterView } from "../view/cluster-view.ts";
import { quorumOf } from "../view/etcd-view.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlacedNode } from "./candidate.ts";

/** Other hosts of which an event says why they were not taken. */
const NAMED_MAX = 3;

export interface Crowded {
  readonly hostname: string;
  /** In words, without a full stop. */
  readonly message: string;
}

/**
 * The one host whose end would take the quorum, although nodes or offers are on others too. Of one
 * or two members every end does, wherever they are.
 */
export function crowdedHost(
  placed: readonly Pick<PlacedNode, "slot" | "hostname">[],
  { spec, mesos, nodes }: Pick<ClusterView, "spec" | "mesos" | "nodes">,
): Crowded | null {
  const { replicas } = spec;
  const hosts = new Set([...placed, ...(mesos?.offers ?? [])].map(({ hostname }) => hostname));
  if (replicas < 3 || hosts.size < 2) return null;
  // Its end takes no vote.
  const spare = nodes.find((n) => n.spare)?.slot;
  for (const hostname of hosts) {
    const there = placed.filter((node) => node.hostname === hostname && node.slot !== spare);
    const count = there.length;
    if (count < quorumOf(replicas)) continue;
    const message = `${count} of ${replicas} nodes are on ${hostname}, whose end would take the quorum`;
    return { hostname, message };
  }
  return null;
}

/** Once, as a node is launched on that host: with why it was not another of those that offered. */
export function warnOfCrowding(
  placed: readonly PlacedNode[],
  launched: readonly number[],
  view: ClusterView,
  plan: PlanBuilder,
): void {
  const crowded = crowdedHost(placed, view);
  if (crowded === null) return;
  const { hostname, message } = crowded;
  if (!placed.some((n) => n.hostname === hostname && launched.includes(n.slot))) return;
  const others = (view.mesos?.offers ?? []).filter((offer) => offer.hostname !== hostname);
  const reasons = others.flatMap((offer) => {
    const verdict = plan.offers.of(offer.id);
    return verdict === undefined || verdict.reason === "Used"
      ? []
      : [`${offer.hostname} ${verdict.message}`];
  });
  const named = [...new Set(reasons)].sort().slice(0, NAMED_MAX);
  plan.addEvent("Warning", "NodesOnOneHost", [message, ...named].join("; "));
}
