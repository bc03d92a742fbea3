/** Where the nodes of a cluster are now. */
import type { ClusterView } from "../view/cluster-view.ts";
import type { PlacedNode } from "./candidate.ts";

export function placedNodes(view: ClusterView): PlacedNode[] {
  return view.nodes.flatMap(({ slot, task }) => {
    if (task === null) return [];
    const { hostname, agentId, attributes } = task;
    return { slot, hostname, agentId, attributes };
  });
}
