/** `GET /status`: the controller and all its clusters in brief. */
import type { PublishedClusters } from "../model/ports.ts";
import type { JupyterClusterObject } from "../model/resource.ts";

export interface ControllerInfo {
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly mesos: {
    /** `local`, or the leading master as `host:port`. */
    readonly master: string;
    /** Null before the first registration. */
    readonly frameworkId: string | null;
    readonly registered: boolean;
  };
}

export function overview(controller: ControllerInfo, published: PublishedClusters) {
  return { controller, clusters: published.list().map(brief) };
}

function brief({ metadata, status }: JupyterClusterObject) {
  const { namespace, name, generation } = metadata;
  const { phase, replicas, readyReplicas, leader, observedGeneration } = status;
  const ready = status.conditions.some((c) => c.type === "Ready" && c.status === "True");
  const jupyter = status.endpoints.jupyter;
  return {
    ...{ namespace, name, phase, ready, replicas, readyReplicas },
    ...{ leader, jupyter, generation, observedGeneration },
  };
}
