/** What tests make on this machine's Docker Engine is found, and removed, by its labels. */
import type Docker from "dockerode";

/** On all that a test makes without a controller; the value tells which test's run it is. */
export const TEST_LABEL = "jupytercluster.dev/test";

export interface Remains {
  readonly containers: readonly Docker.ContainerInfo[];
  readonly networks: readonly Docker.NetworkInspectInfo[];
  /** Names. */
  readonly volumes: readonly string[];
}

/** @param labels `key` or `key=value`, all of which it carries */
export async function findLabelled(docker: Docker, ...labels: string[]): Promise<Remains> {
  const filters = { label: labels };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return { containers, networks, volumes: (volumes.Volumes ?? []).map((v) => v.Name) };
}

/** Containers first, which the others are used by; their anonymous volumes go with them. */
export async function removeFound(docker: Docker, found: Remains): Promise<void> {
  const { containers, networks, volumes } = found;
  await Promise.all(
    containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
  );
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
  await Promise.all(volumes.map((name) => docker.getVolume(name).remove()));
}
