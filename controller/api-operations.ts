/** What the HTTP API needs of the controller besides what is published. */
import { lookAtForeign, requireAdoptable } from "./act/foreign.ts";
import { agentTarget } from "./agents/connection.ts";
import { openLog } from "./agents/logs.ts";
import type { DatabaseReading } from "./api/metrics/etcd-metrics.ts";
import type { ApiOperations } from "./api/operations.ts";
import type { ControllerCore } from "./core.ts";
import { parseManifest } from "../crd-schema/documents.ts";
import { execInNode } from "./docker/exec-in-node.ts";
import { killNode } from "./docker/node-container.ts";
import { ERROR_CODES, OperationError } from "./model/errors.ts";
import { type ClusterKey, clusterKey } from "./model/ids.ts";
import type { Asker } from "./model/operation.ts";
import type { PublishedClusters } from "./model/ports.ts";
import type { LeaderCandidate } from "./model/leader.ts";
import type { ClusterMemory } from "./model/memory.ts";
import type { JupyterClusterObject } from "./model/resource.ts";
import type { SnapshotInfo } from "./model/snapshot.ts";
import type { NodeUsages } from "./node-usages.ts";
import { compileObject } from "./plan/preview/compile-object.ts";
import { previewCluster } from "./plan/preview/preview.ts";
import { snapshotSource } from "./plan/snapshots/snapshot-source.ts";
import { endOfOperation } from "./operation-end.ts";
import { within } from "./support/within.ts";

/** For a directory of snapshots that is on another machine. Milliseconds. */
const LIST_MS_MAX = 5_000;
/** For a reconcile to begin and to store its memory. Milliseconds. */
const RESTORE_MS_MAX = 8_000;

type Core = Pick<
  ControllerCore,
  "memories" | "nodesOf" | "snapshots" | "loop" | "docker" | "scheduler"
>;

/** The site as this controller sees it, in whichever role. */
export interface OperatedSite {
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  /** @throws OperationError ERR_NOT_ACTING saying who acts */
  acting(operation: string): Core;
  readonly published: Pick<PublishedClusters, "subscribe">;
  readonly usages: NodeUsages;
  readonly shutdown: ApiOperations["shutdown"];
}

/** What only looks at the nodes is done in every role; the rest by the controller that acts. */
export function apiOperations(site: OperatedSite): ApiOperations {
  const memoryOf = ({ metadata }: JupyterClusterObject): ClusterMemory => {
    const memory = site.memories().get(clusterKey(metadata));
    if (memory !== undefined) return memory;
    const message = `JupyterCluster ${clusterKey(metadata)} has just been deleted.`;
    throw new OperationError(ERROR_CODES.NOT_FOUND, "find the cluster", message);
  };
  return {
    shutdown: site.shutdown,
    jupyterUrl: (cluster) => {
      const { cluster: compiled, secrets } = memoryOf(cluster);
      const url = new URL(cluster.status.endpoints.jupyter);
      url.pathname = "/lab";
      if (compiled.spec.jupyter.auth === "token")
        url.searchParams.set("token", secrets.jupyterToken);
      return url.href;
    },
    nodeLog: ({ cluster, node, unit, ...options }) =>
      openLog(agentTarget(node.ip, memoryOf(cluster)), unit, options),
    nodeExec: async (request, streams) =>
      execInNode(site.acting("run a command").docker, request, streams),
    killNode: async (cluster, node) => killNode(site.acting("kill a node").docker, cluster, node),
    preview: async (cluster, wanted) =>
      previewCluster(
        compileObject(cluster, parseManifest),
        compileObject(wanted, parseManifest),
        cluster.status.kernels,
      ),
    snapshots: async (cluster) => {
      const core = site.acting("list the snapshots");
      const listing = core.snapshots.of(memoryOf(cluster).cluster).list();
      return within(LIST_MS_MAX, "ListSnapshots", listing);
    },
    takeSnapshot: async (cluster, asker) => takeSnapshot(site, memoryOf(cluster), asker),
    restore: async (cluster, request, asker) => {
      const core = site.acting("Restore");
      const key = clusterKey(memoryOf(cluster).cluster.metadata);
      await within(RESTORE_MS_MAX, "Restore", core.loop.requestRestore(key, request, asker));
    },
    offers: () => site.acting("list the offers").scheduler.offerLog.records(),
    foreign: async (cluster) =>
      lookAtForeign(site.acting("look at what others own").docker, memoryOf(cluster)),
    adopt: async (cluster, owners) => {
      const core = site.acting("Adopt");
      const memory = memoryOf(cluster);
      requireAdoptable(await lookAtForeign(core.docker, memory), owners, memory);
      const adoption = core.loop.requestAdoption(clusterKey(memory.cluster.metadata), owners);
      await within(RESTORE_MS_MAX, "Adopt", adoption);
    },
    usage: async (cluster) => site.usages.of(cluster, memoryOf(cluster)),
    secrets: (cluster) =>
      Object.values(memoryOf(cluster).secrets).filter((secret) => secret !== null),
    history: (cluster) => {
      const { generations, problems } = memoryOf(cluster);
      return { generations, isBroken: problems.some(({ severity }) => severity === "error") };
    },
    rebalance: async (cluster, action, asker) => {
      const core = site.acting("Rebalance");
      const key = clusterKey(memoryOf(cluster).cluster.metadata);
      const request = core.loop.requestRebalance(key, action, asker);
      await within(RESTORE_MS_MAX, "Rebalance", request);
    },
  };
}

/** The databases of all members in sight. */
export function databasesOf(
  memories: ReadonlyMap<ClusterKey, ClusterMemory>,
  nodesOf: (memory: ClusterMemory) => readonly LeaderCandidate[],
): DatabaseReading[] {
  return [...memories.values()].flatMap((memory) => {
    const { metadata, spec } = memory.cluster;
    const common = { key: clusterKey(metadata), quotaBytes: spec.etcd.quotaMiB * 2 ** 20 };
    return nodesOf(memory).flatMap(({ slot, agent }) => {
      if (agent?.etcd == null) return [];
      const { dbSizeBytes: sizeBytes, dbSizeInUseBytes: inUseBytes } = agent.etcd;
      return [{ ...common, slot, sizeBytes, inUseBytes }];
    });
  });
}

async function takeSnapshot(
  site: OperatedSite,
  memory: ClusterMemory,
  asker: Asker,
): Promise<SnapshotInfo> {
  const core = site.acting("SaveSnapshot");
  if (snapshotSource(core.nodesOf(memory)) === null) {
    const message = "No etcd member answers; a snapshot is taken of one that does.";
    throw new OperationError(ERROR_CODES.ETCD_UNAVAILABLE, "SaveSnapshot", message);
  }
  const key = clusterKey(memory.cluster.metadata);
  const asking = core.loop.requestSnapshot(key, asker);
  const number = await within(RESTORE_MS_MAX, "SaveSnapshot", asking);
  const { snapshot } = await endOfOperation(site, key, number);
  if (snapshot === null) throw new Error(`operation ${number} has saved no snapshot`);
  return snapshot;
}
