/** Reading the nodes of a served object. */
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";

export function nodesByName(object: JupyterClusterObject): NodeStatus[] {
  return object.status.nodes.toSorted((a, b) =>
    (a.name ?? "").localeCompare(b.name ?? "", "en", { numeric: true }),
  );
}

export function leaderOf(object: JupyterClusterObject): NodeStatus {
  const leader = object.status.nodes.find((n) => n.leader);
  if (leader === undefined) throw new Error("there is no leader");
  return leader;
}

export function followersOf(object: JupyterClusterObject): NodeStatus[] {
  return object.status.nodes.filter((n) => !n.leader);
}
