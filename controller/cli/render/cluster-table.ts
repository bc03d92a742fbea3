/** Clusters as rows, as `get` prints them. */
import { API_VERSION, KIND } from "../../model/resource.ts";
import { leaderPlace } from "../../model/leader-place.ts";
import { clusterKey } from "../../model/ids.ts";
import { ageOf } from "./units.ts";
import { renderTable } from "./table.ts";
import type { ClusterKey } from "../../model/ids.ts";
import type { Condition, ConditionType, JupyterClusterObject } from "../../model/resource.ts";

export interface TableStyle {
  readonly allNamespaces: boolean;
  readonly wide: boolean;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

export function clusterTable(clusters: readonly JupyterClusterObject[], style: TableStyle): string {
  return renderTable(
    headerOf(style),
    clusters.map((cluster) => rowOf(cluster, style)),
  );
}

/** Rows of a watch: the same columns, widths carried from what was printed before. */
export class WatchTable {
  #widths: number[] = [];
  #begun = false;
  readonly #last = new Map<ClusterKey, string>();
  readonly #style: Omit<TableStyle, "now">;

  constructor(style: Omit<TableStyle, "now">) {
    this.#style = style;
  }

  /** Empty when nothing that is shown has changed but the age. The first has the header above. */
  row(cluster: JupyterClusterObject, now: number): string {
    const key = clusterKey(cluster.metadata);
    const shown = JSON.stringify(rowOf(cluster, { ...this.#style, now: 0 }));
    if (this.#last.get(key) === shown) return "";
    this.#last.set(key, shown);
    const rows = [rowOf(cluster, { ...this.#style, now })];
    if (!this.#begun) rows.unshift(headerOf(this.#style));
    this.#begun = true;
    for (const row of rows) {
      this.#widths = row.map((cell, i) => Math.max(cell.length, this.#widths[i] ?? 0));
    }
    return rows.map((row) => this.#line(row)).join("");
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, i) => cell.padEnd(this.#widths[i] ?? 0));
    return `${padded.join("   ").trimEnd()}\n`;
  }
}

function headerOf(style: Omit<TableStyle, "now">): string[] {
  const header = ["NAME", "READY", "LEADER", "PHASE", "JUPYTER", "AGE"];
  if (style.wide) header.push("TERM", "ETCD", "GENERATION", "MESSAGE");
  return style.allNamespaces ? ["NAMESPACE", ...header] : header;
}

function rowOf(cluster: JupyterClusterObject, style: TableStyle): string[] {
  const { metadata, status } = cluster;
  const row = [
    metadata.name,
    `${status.readyReplicas}/${status.replicas}`,
    leaderPlace(status) ?? "<none>",
    status.phase,
    status.endpoints.jupyter,
    ageOf(metadata.creationTimestamp, style.now),
  ];
  if (style.wide) {
    row.push(
      String(status.etcd.raftTerm ?? "<unknown>"),
      status.etcd.version ?? "<unknown>",
      `${status.observedGeneration}/${metadata.generation}`,
      conditionOf(cluster, "Ready")?.message ?? "",
    );
  }
  return style.allNamespaces ? [metadata.namespace, ...row] : row;
}

/** Below a table that has no room for it; empty: all are ready, or nobody has looked yet. */
export function whyNotReady(clusters: readonly JupyterClusterObject[]): string {
  const lines = clusters.flatMap((cluster) => {
    const ready = conditionOf(cluster, "Ready");
    if (ready === undefined || ready.status === "True") return [];
    return [`${cluster.metadata.name}: ${ready.message || ready.reason}\n`];
  });
  return lines.join("");
}

function conditionOf(cluster: JupyterClusterObject, type: ConditionType): Condition | undefined {
  return cluster.status.conditions.find((condition) => condition.type === type);
}

/** `TYPE/NAME` as `kubectl get -o name` prints it. */
export function qualifiedName(cluster: JupyterClusterObject): string {
  return `${KIND.toLowerCase()}.${API_VERSION.split("/")[0]}/${cluster.metadata.name}`;
}
