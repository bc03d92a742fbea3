/** From what a person calls a node (XXX-k, or slot-N) to the node that is meant. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { slotOfMemberName } from "../../model/ids.ts";
import type { ApiClient } from "./api-client.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";

export type NodeAddress =
  | { readonly kind: "name"; readonly cluster: string; readonly index: number }
  | { readonly kind: "slot"; readonly slot: number };

/** @throws OperationError ERR_NOT_FOUND when the text can be no node's name */
export function parseNode(text: string): NodeAddress {
  const slot = slotOfMemberName(text);
  if (slot !== null) return { kind: "slot", slot };
  const match = /^(.+)-(\d+)$/.exec(text);
  if (match === null) {
    throw notFound(`${text} is no node: a node is called NAME-0, NAME-1, … or slot-0, slot-1, …`);
  }
  return { kind: "name", cluster: match[1] as string, index: Number(match[2]) };
}

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
  text: string,
): Promise<FoundNode> {
  const address = parseNode(text);
  const name = cluster ?? (address.kind === "name" ? address.cluster : null);
  const object =
    name === null ? await onlyCluster(client, namespace) : await client.get({ namespace, name });
  const { nodes } = object.status;
  const node = nodes.find((candidate) =>
    address.kind === "slot" ? candidate.slot === address.slot : candidate.name === text,
  );
  if (node === undefined) {
    const names = nodes.map((n) => n.name ?? `slot-${n.slot}`).join(", ") || "none yet";
    throw notFound(`Cluster ${object.metadata.name} has no node ${text}; it has ${names}.`);
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
