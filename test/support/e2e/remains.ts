/** What a test's cluster leaves on this machine's Docker Engine when its run is cut off. */
import Docker from "dockerode";
import { clusterLabels, labelFilter } from "../../../controller/docker/labels.ts";
import type { ClusterRef } from "../../../controller/model/ids.ts";
import { dataVolumeName } from "../../../controller/model/ids.ts";
import { findLabelled, type Remains, removeFound } from "../docker-remains.ts";

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
  await removeFound(docker, await find(ref));
}

async function find(ref: ClusterRef): Promise<Remains> {
  // A volume that Docker made by itself has the name alone.
  const prefix = dataVolumeName(ref, 0).replace(/0$/, "");
  const [found, named] = await Promise.all([
    findLabelled(docker, ...labelFilter(clusterLabels(ref)).label),
    docker.listVolumes({ filters: { name: [prefix] } }),
  ]);
  const byName = (named.Volumes ?? []).map((v) => v.Name).filter((n) => n.startsWith(prefix));
  return { ...found, volumes: [...new Set([...found.volumes, ...byName])] };
}
