/** From a node's name to its container on this machine's Docker Engine. */
import { withClient } from "../options/connection.ts";
import { findNode, nodeTitle } from "../client/node-lookup.ts";
import { listClusterContainers } from "../../docker/containers.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type Docker from "dockerode";
import type { FoundNode, NodeAddress } from "../client/node-lookup.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { ClusterContainer } from "../../docker/containers.ts";

export interface NodeOptions extends ConnectionOptions, NamespaceOptions {
  readonly cluster?: string;
}

export interface NodeContainer {
  /** `lab-1 (slot 1)` */
  readonly title: string;
  readonly cluster: string;
  readonly slot: number;
  readonly container: ClusterContainer;
  /** False: found by its labels alone, for the controller does not answer. */
  readonly controllerAnswers: boolean;
}

/**
 * Through the controller, which knows who bears which name. Without it only a slot can be found,
 * by the containers' labels.
 *
 * @throws OperationError ERR_NOT_FOUND, or ERR_CONTROLLER_UNREACHABLE for a name without controller
 */
export async function findNodeContainer(
  docker: Docker,
  address: NodeAddress,
  options: NodeOptions,
): Promise<NodeContainer> {
  const { namespace, cluster = null } = options;
  let found: FoundNode;
  try {
    found = await withClient(options, (client) => findNode(client, namespace, cluster, address));
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    if (address.kind === "name") throw needsController(address.text, error);
    return { ...(await bySlot(docker, address.slot, options)), controllerAnswers: false };
  }
  const { slot } = found.node;
  const { name } = found.cluster.metadata;
  const title = nodeTitle(found.node);
  const [container] = await runningContainers(docker, namespace, name, slot);
  if (container === undefined) {
    const where = found.node.hostname === null ? "" : ` on ${found.node.hostname}`;
    throw notFound(
      `${title} has no running container on this machine's Docker Engine; the controller says: ` +
        `${found.node.phase}${where}.`,
    );
  }
  return { title, cluster: name, slot, container, controllerAnswers: true };
}

async function bySlot(
  docker: Docker,
  slot: number,
  { namespace, cluster }: NodeOptions,
): Promise<Omit<NodeContainer, "controllerAnswers">> {
  const containers = await runningContainers(docker, namespace, cluster ?? null, slot);
  const [container] = containers;
  if (container === undefined) {
    throw notFound(`No container of slot ${slot} in namespace ${namespace} runs on this machine.`);
  }
  const clusters = [...new Set(containers.map((candidate) => candidate.cluster))];
  if (clusters.length > 1) {
    throw notFound(`More than one cluster has a slot ${slot} (${clusters.join(", ")}): --cluster.`);
  }
  return { title: `slot-${slot}`, cluster: container.cluster, slot, container };
}

async function runningContainers(
  docker: Docker,
  namespace: string,
  cluster: string | null,
  slot: number,
): Promise<readonly ClusterContainer[]> {
  const scope = { namespace, ...(cluster === null ? {} : { cluster }) };
  const containers = await listClusterContainers(docker, scope);
  return containers.filter((candidate) => candidate.slot === slot && candidate.running);
}

function isUnreachable(error: unknown): boolean {
  return error instanceof OperationError && error.code === ERROR_CODES.CONTROLLER_UNREACHABLE;
}

function needsController(node: string, cause: unknown): OperationError {
  const message =
    `Only the controller knows which container is called ${node}, and it does not answer. ` +
    "Without it, say slot-0, slot-1, … or start it with `jupyter-cluster up`.";
  return new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "find the node", message, {
    cause,
  });
}

function notFound(message: string): OperationError {
  return new OperationError(ERROR_CODES.NOT_FOUND, "find the container", message);
}
