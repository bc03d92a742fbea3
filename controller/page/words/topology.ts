/** Which nodes are where, who leads, and whom a request reaches. Pure. */
import type { PageController } from "../../model/page-stream.ts";
import type { ClusterStatus, JupyterClusterObject, NodeStatus } from "../../model/resource.ts";

export interface Host {
  /** Null: not placed yet. */
  readonly name: string | null;
  readonly nodes: readonly NodeStatus[];
}

/** By name, those without a host last; in each the slots in their order. */
export function hostsOf(nodes: readonly NodeStatus[]): readonly Host[] {
  const hosts = new Map<string | null, NodeStatus[]>();
  for (const node of nodes) hosts.set(node.hostname, [...(hosts.get(node.hostname) ?? []), node]);
  return [...hosts]
    .map(([name, there]) => ({ name, nodes: there.toSorted((a, b) => a.slot - b.slot) }))
    .toSorted((a, b) => (a.name === null ? 1 : b.name === null ? -1 : a.name < b.name ? -1 : 1));
}

/** The way of a request. */
export interface Way {
  readonly address: string;
  /** The node whose Jupyter answers; null: requests are held. */
  readonly node: NodeStatus | null;
  /** Why they do not reach it, one sentence; null: they do. */
  readonly problem: string | null;
}

export function wayOf(
  { metadata, status }: JupyterClusterObject,
  controller: PageController | null,
): Way {
  const key = `${metadata.namespace}/${metadata.name}`;
  const proxy = controller?.proxies.find(({ cluster }) => cluster === key);
  const address = proxy?.address ?? hostPortOf(status.endpoints.jupyter);
  const condition = status.conditions.find(({ type }) => type === "ProxyReady");
  const leader = status.nodes.find((node) => node.leader) ?? null;
  if (condition?.reason === "Serving" && leader !== null) {
    return { address, node: leader, problem: null };
  }
  const message = proxy?.problem ?? condition?.message ?? "";
  return { address, node: null, problem: message || "Requests wait for a leader." };
}

function hostPortOf(url: string): string {
  return /^https?:\/\/([^/]+)/.exec(url)?.[1] ?? url;
}

export function nodeTitle({ name, slot }: Pick<NodeStatus, "name" | "slot">): string {
  return name ?? `slot-${slot}`;
}

/** `slot 2 (lab-0)`, or nobody. */
export function leaderText({ nodes }: ClusterStatus): string {
  const leader = nodes.find((node) => node.leader);
  if (leader === undefined) return "none";
  return `slot ${leader.slot}${leader.hostname === null ? "" : ` on ${leader.hostname}`}`;
}
