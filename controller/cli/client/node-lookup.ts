/** From what a person calls a node (XXX-k, or slot-N) to the node that is meant. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ApiClient } from "./api-client.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";

export type NodeAddress =
  | { readonly kind: "name"; readonly text: string; readonly cluster: string }
  | { readonly kind: "slot"; readonly text: string; readonly slot: number };

export interface FoundNode {
  readonly cluster: JupyterClusterObject;
  readonly node: NodeStatus;
}

/**
 * @param cluster narrows the search; null: by the node's name, or the only cluster
 * @throws OperationError ERR_NOT_FOUND, telling which nodes there are
 */
export async function findNode(
  client: ApiClient,
  namespace: string,
  cluster: string | null,
  address: NodeAddress,
): Promise<FoundNode> {
  const name = cluster ?? (address.kind === "name" ? address.cluster : null);
  const object =
    name === null ? await onlyCluster(client, namespace) : await client.get({ namespace, name });
  const { nodes } = object.status;
  const node = nodes.find((candidate) =>
    address.kind === "slot" ? candidate.slot === address.slot : candidate.name === address.text,
  );
  if (node === undefined) {
    const names = nodes.map((n) => n.name ?? `slot-${n.slot}`).join(", ") || "none yet";
    throw notFound(`Cluster ${object.metadata.name} has no node ${address.text}; it has ${names}.`);
  }
  return { cluster: object, node };
}

/** The cluster that is meant when nobody named one. */
export async function onlyCluster(
  client: ApiClient,
  namespace: string,
): Promise<JupyterClusterObject> {
  const clusters = await client.list(namespace);
  const [first] = clusters;
  if (first === undefined) throw notFound(`There is no cluster in namespace ${namespace}.`);
  if (clusters.length > 1) {
    const names = clusters.map((c) => c.metadata.name).join(", ");
    throw notFound(`Namespace ${namespace} has more than one cluster (${names}): name one.`);
  }
  return first;
}

/** `lab-1 (slot 1)`, or `slot-1` for a node without a name. */
export function nodeTitle(node: Pick<NodeStatus, "name" | "slot">): string {
  return node.name === null ? `slot-${node.slot}` : `${node.name} (slot ${node.slot})`;
}

function notFound(message: string): OperationError {
  return new OperationError(ERROR_CODES.NOT_FOUND, "find the node", message);
}
