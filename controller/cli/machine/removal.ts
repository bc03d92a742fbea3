/** Removing what belongs to remembered clusters from this machine's Docker Engine, no more. */
import { clusterLabels } from "../../docker/labels.ts";
import { listClusterContainers, removeContainer } from "../../docker/containers.ts";
import { removeNetwork } from "../../docker/networks.ts";
import { removeVolumes } from "../../docker/volumes.ts";
import { taskIdOf } from "../../model/ids.ts";
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
        ({ taskId, slot }) =>
          taskId !== null && slot !== null && taskId.startsWith(taskPrefix(metadata, uid, slot)),
      );
    }),
  );
  return found.flat();
}

function taskPrefix(metadata: ClusterMemory["cluster"]["metadata"], uid: string, slot: number) {
  return taskIdOf(metadata, uid, slot, 0).replace(/\d+$/, "");
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

/** Volumes with their data, and networks that no other container uses. For good. */
export async function removeData(
  docker: Docker,
  clusters: readonly ClusterMemory[],
): Promise<readonly Removed[]> {
  const removed: Removed[] = [];
  for (const { cluster } of clusters) {
    const labels = clusterLabels(cluster.metadata);
    const volumes = await removeVolumes(docker, labels);
    removed.push(...volumes.map((name) => `volume ${name}`));
    const network = cluster.spec.network.name;
    if (await removeNetwork(docker, network, labels)) removed.push(`network ${network}`);
  }
  return removed;
}
