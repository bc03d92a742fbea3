/** What the controller has told people of a cluster. */
import type { ClusterEvent } from "../../../controller/model/resource.ts";
import type { LocalCluster } from "./local-cluster.ts";

export async function eventsOf(cluster: LocalCluster): Promise<readonly ClusterEvent[]> {
  const answer = await fetch(`${cluster.objectUrl}/events`, { signal: AbortSignal.timeout(2_000) });
  return ((await answer.json()) as { readonly items: readonly ClusterEvent[] }).items;
}
