/** Removing what belongs to remembered clusters from this machine's Docker Engine, no more. */
import { clusterLabels } from "../../docker/labels.ts";
import { listClusterContainers, removeContainer } from "../../docker/containers.ts";
import { removeNetwork } from "../../docker/networks.ts";
import { listVolumes, removeVolumes } from "../../docker/volumes.ts";
import { accepts, describeOwner, type HoldingOwner } from "../../model/holdings.ts";
import { isTaskOf } from "../../model/ids.ts";
import type Docker from "dockerode";
import type { ClusterContainer } from "../../docker/containers.ts";
import type { ClusterMemory } from "../../model/memory.ts";

/** `container lab-slot-0 (…)`, as it is told to the person. */
export type Removed = string;

/**
 * Containers of exactly these clusters: another state directory's cluster of the same name has
 * another uid, and so other task ids.
 */
async function containersOf(
  docker: Docker,
  clusters: readonly ClusterMemory[],
): Promise<readonly ClusterContainer[]> {
  const found = await Promise.all(
    clusters.map(async ({ cluster: { metadata }, uid }) => {
      const { namespace, name } = metadata;
      const containers = await listClusterContainers(docker, { namespace, cluster: name });
      return containers.filter(
        ({ taskId, slot }) => taskId !== null && slot !== null && isTaskOf(taskId, metadata, uid),
      );
    }),
  );
  return found.flat();
}

export async function removeContainers(
  docker: Docker,
  clusters: readonly ClusterMemory[],
): Promise<readonly Removed[]> {
  const containers = await containersOf(docker, clusters);
  await Promise.all(containers.map(({ id }) => removeContainer(docker, id)));
  return containers.map(({ cluster, slot, id }) => {
    return `container of ${cluster} slot ${slot} (${id.slice(0, 12)})`;
  });
}

/**
 * Volumes with their data, and networks that no other container uses. For good. What another
 * person's cluster of the same name has made stays.
 */
export async function removeData(
  docker: Docker,
  clusters: readonly ClusterMemory[],
): Promise<readonly Removed[]> {
  const removed: Removed[] = [];
  for (const memory of clusters) {
    const { metadata, spec } = memory.cluster;
    const labels = clusterLabels(metadata);
    const isOurs = (owner: HoldingOwner | null) => accepts(owner?.uid ?? null, memory);
    const volumes = await removeVolumes(docker, labels, ({ owner }) => isOurs(owner));
    removed.push(...volumes.map((name) => `volume ${name}`));
    const network = spec.network.name;
    if (await removeNetwork(docker, network, labels, isOurs)) removed.push(`network ${network}`);
  }
  return removed;
}

/** What `removeData` leaves, since it is somebody else's. */
export async function foreignVolumes(
  docker: Docker,
  clusters: readonly ClusterMemory[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    clusters.map(async (memory) => {
      const volumes = await listVolumes(docker, clusterLabels(memory.cluster.metadata));
      const foreign = volumes.filter(({ owner }) => !accepts(owner?.uid ?? null, memory));
      return foreign.map(({ name, owner }) => `volume ${name} of ${describeOwner(owner)}`);
    }),
  );
  return found.flat();
}
