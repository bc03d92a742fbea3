/** From a pod's name to the node that it stands for. */
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";
import type { ApiExchange } from "../exchange.ts";
import { podNameOf, pods } from "./kinds/pods.ts";
import { notFound } from "./not-found.ts";

export interface FoundPod {
  readonly cluster: JupyterClusterObject;
  readonly node: NodeStatus;
}

export class PodLookup {
  constructor(private readonly published: PublishedClusters) {}

  /** @throws StatusError NotFound */
  find({ params }: Pick<ApiExchange, "params">): FoundPod {
    const { namespace = "", name = "" } = params;
    for (const cluster of this.published.list()) {
      if (cluster.metadata.namespace !== namespace) continue;
      const node = cluster.status.nodes.find((n) => podNameOf(cluster, n) === name);
      if (node !== undefined) return { cluster, node };
    }
    throw notFound(pods, name);
  }
}
