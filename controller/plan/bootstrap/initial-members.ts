/** The cluster that the first members were told to form, whether or not they did. */
import type { InitialCluster } from "../../model/agent-api.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { memberNameOf, peerUrl, slotAddress } from "../../model/ids.ts";
import type { BootstrapMemory } from "../../model/memory.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

export type Bootstrapping = BootstrapMemory & { readonly phase: "started" };

export function firstNodes(view: ClusterView, { slots }: Bootstrapping): readonly NodeView[] {
  return view.nodes.filter((n) => slots.includes(n.slot));
}

export function initialMemberId({ peerUrl: url }: NodeView, { token }: Bootstrapping): string {
  return bootstrapMemberId(url, token);
}

/** The same whatever has become of the slots since: one that is scaled away is among them too. */
export function initialCluster({ spec }: ClusterView, { slots }: Bootstrapping): InitialCluster {
  const urls = slots.map((slot) => {
    const ip = slotAddress(spec.network.firstAddress, slot);
    return [memberNameOf(slot), peerUrl(ip, spec.etcd)] as const;
  });
  return Object.fromEntries(urls);
}

export function initialClusterId(view: ClusterView, bootstrap: Bootstrapping): string {
  return bootstrapClusterId(initialCluster(view, bootstrap), bootstrap.token);
}

/**
 * An earlier container of the slot was told to take part, and what it took part in is gone. As the
 * same member with no memory it would vote a second time, and deny what it has confirmed.
 */
export function lostBootstrapData(node: NodeView, bootstrap: Bootstrapping): boolean {
  const { agent, memory } = node;
  if (agent === null || agent.data.state === "present") return false;
  return memory.retiredMemberId === initialMemberId(node, bootstrap);
}
