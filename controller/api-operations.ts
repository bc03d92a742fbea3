/** What the HTTP API needs of the controller besides what is published. */
import type { Readable } from "node:stream";
import { openLog } from "./agents/logs.ts";
import type { ApiOperations, NodeLogRequest } from "./api/operations.ts";
import { type ClusterKey, clusterKey } from "./model/ids.ts";
import type { ClusterMemory } from "./model/memory.ts";
import { ERROR_CODES, OperationError } from "./model/errors.ts";
import type { JupyterClusterObject } from "./model/resource.ts";

export function apiOperations(
  memories: () => ReadonlyMap<ClusterKey, ClusterMemory>,
  shutdown: (teardown: boolean) => void,
): ApiOperations {
  const memoryOf = ({ metadata }: JupyterClusterObject): ClusterMemory => {
    const memory = memories().get(clusterKey(metadata));
    if (memory !== undefined) return memory;
    const message = `JupyterCluster ${clusterKey(metadata)} has just been deleted.`;
    throw new OperationError(ERROR_CODES.NOT_FOUND, "read the cluster's secrets", message);
  };
  return {
    shutdown,
    jupyterUrl: (cluster) => {
      const { cluster: compiled, secrets } = memoryOf(cluster);
      const url = new URL(cluster.status.endpoints.jupyter);
      url.pathname = "/lab";
      if (compiled.spec.jupyter.auth === "token")
        url.searchParams.set("token", secrets.jupyterToken);
      return url.href;
    },
    nodeLog: ({ cluster, node, unit, tail, follow }: NodeLogRequest): Promise<Readable> =>
      openLog(node.ip, memoryOf(cluster).secrets.agentToken, unit, { tail, follow }),
  };
}
