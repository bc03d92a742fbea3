/** What a test's cluster leaves on this machine's Docker Engine when its run is cut off. */
import Docker from "dockerode";
import { clusterLabels, labelFilter } from "../../../controller/docker/labels.ts";
import { type ClusterRef, dataVolumePrefix } from "../../../controller/model/ids.ts";
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
  const [found, { Volumes }] = await Promise.all([
    findLabelled(docker, ...labelFilter(clusterLabels(ref)).label),
    docker.listVolumes(),
  ]);
  // A volume that Docker made by itself, as on a site's hosts, has the name alone.
  const { namespace, name } = ref;
  const shared = `${namespace}-${name}-shared`;
  const isOurs = (n: string) => n.startsWith(dataVolumePrefix(ref)) || n === shared;
  const byName = (Volumes ?? []).map((v) => v.Name).filter(isOurs);
  return { ...found, volumes: [...new Set([...found.volumes, ...byName])] };
}
