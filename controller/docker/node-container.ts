/** The running container of a node, where it is on this machine's Docker Engine. */
import type Docker from "dockerode";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ClusterRef } from "../model/ids.ts";
import { killContainer, listClusterContainers } from "./containers.ts";

interface OfCluster {
  readonly metadata: ClusterRef;
}

interface OfNode {
  readonly slot: number;
  readonly hostname: string | null;
}

/**
 * @param docker null: the containers run on other machines' engines
 * @throws OperationError ERR_NOT_FOUND, ERR_DOCKER_UNREACHABLE
 */
export async function nodeContainer(
  docker: Docker | null,
  { metadata: { namespace, name } }: OfCluster,
  node: OfNode,
): Promise<{ readonly docker: Docker; readonly id: string }> {
  const containers =
    docker === null ? [] : await listClusterContainers(docker, { namespace, cluster: name });
  const container = containers.find(({ slot, running }) => slot === node.slot && running);
  if (docker !== null && container !== undefined) return { docker, id: container.id };
  const where = node.hostname === null ? "" : ` It is on ${node.hostname}; use ssh there.`;
  const message = `Slot ${node.slot} of ${name} has no running container on the controller's machine.${where}`;
  throw new OperationError(ERROR_CODES.NOT_FOUND, "find the container", message);
}

/**
 * Behind the back of Mesos and of the controller, as a crash would end it.
 *
 * @throws OperationError ERR_NOT_FOUND, ERR_DOCKER_REFUSED, ERR_DOCKER_UNREACHABLE
 */
export async function killNode(
  docker: Docker | null,
  cluster: OfCluster,
  node: OfNode,
): Promise<void> {
  const found = await nodeContainer(docker, cluster, node);
  await killContainer(found.docker, found.id, "SIGKILL");
}
