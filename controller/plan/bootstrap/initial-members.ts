/** The cluster that the first members were told to form, whether or not they did. Pure. */
import type { InitialCluster } from "../../model/agent-api.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { memberNameOf, peerUrl, slotAddress } from "../../model/ids.ts";
import type { BootstrapMemory } from "../../model/memory.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

type Started = BootstrapMemory & { readonly phase: "started" };

export function firstNodes(view: ClusterView, { slots }: Started): readonly NodeView[] {
  return view.nodes.filter((n) => slots.includes(n.slot));
}

export function formingMemberId({ ip }: NodeView, { token }: Started): string {
  return bootstrapMemberId(peerUrl(ip), token);
}

/** The same whatever has become of the slots since: one that is scaled away is among them too. */
export function initialCluster({ spec }: ClusterView, { slots }: Started): InitialCluster {
  const urls = slots.map((slot) => {
    const ip = slotAddress(spec.network.firstAddress, slot);
    return [memberNameOf(slot), peerUrl(ip)] as const;
  });
  return Object.fromEntries(urls);
}

export function formingClusterId(view: ClusterView, started: Started): string {
  return bootstrapClusterId(initialCluster(view, started), started.token);
}

/**
 * An earlier container of the slot was told to take part, and what it took part in is gone. As the
 * same member with no memory it would vote a second time, and deny what it has confirmed.
 */
export function hasForgotten(node: NodeView, started: Started): boolean {
  const { agent, memory } = node;
  if (agent === null || agent.data.state === "present") return false;
  return memory.spentMemberId === formingMemberId(node, started);
}
