/** What a test's cluster leaves on this machine's Docker Engine when its run is cut off. */
import Docker from "dockerode";
import { clusterLabels, labelFilter } from "../../../controller/docker/labels.ts";
import type { ClusterRef } from "../../../controller/model/ids.ts";
import { dataVolumeName } from "../../../controller/plan/task-template.ts";

const docker = new Docker();

/** Containers, networks and volumes of this cluster, as words for a person; none: empty. */
export async function remainsOf(ref: ClusterRef): Promise<readonly string[]> {
  const { containers, networks, volumes } = await find(ref);
  return [
    ...containers.map((c) => `container ${c.Names.join(" ")}`),
    ...networks.map((n) => `network ${n.Name}`),
    ...volumes.map((name) => `volume ${name}`),
  ];
}

export async function removeRemains(ref: ClusterRef): Promise<void> {
  const { containers, networks, volumes } = await find(ref);
  for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true });
  for (const { Id } of networks) await docker.getNetwork(Id).remove();
  for (const name of volumes) await docker.getVolume(name).remove();
}

async function find(ref: ClusterRef) {
  const filters = labelFilter(clusterLabels(ref));
  // A volume that Docker made by itself has the name alone.
  const prefix = dataVolumeName(ref, 0).replace(/0$/, "");
  const [containers, networks, labelled, named] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
    docker.listVolumes({ filters: { name: [prefix] } }),
  ]);
  const volumes = [
    ...(labelled.Volumes ?? []).map((v) => v.Name),
    ...(named.Volumes ?? []).map((v) => v.Name).filter((name) => name.startsWith(prefix)),
  ];
  return { containers, networks, volumes: [...new Set(volumes)] };
}
