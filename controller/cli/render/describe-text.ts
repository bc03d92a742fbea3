/** One cluster told for a person, in the manner of `kubectl describe`. */
import { stringify } from "yaml";
import { leaderPlace } from "../../model/leader-place.ts";
import { ageOf, shortDuration } from "./units.ts";
import { electionsTable } from "./election-text.ts";
import { kernelTable } from "./kernel-table.ts";
import { recoveryLine, snapshotLine } from "./snapshot-text.ts";
import { renderFields, renderTable } from "./table.ts";
import type {
  ClusterEvent,
  ClusterStatus,
  Condition,
  JupyterClusterObject,
  NodeStatus,
} from "../../model/resource.ts";

const NONE = "<none>";

/** @param now milliseconds since the epoch, for ages */
export function describeCluster(
  cluster: JupyterClusterObject,
  events: readonly ClusterEvent[],
  now: number,
): string {
  const { status } = cluster;
  return [
    summary(cluster, now),
    section("Spec", stringify(cluster.spec)),
    section("Nodes", nodesTable(status.nodes)),
    ...kernelsSection(status, now),
    section("Conditions", conditionsTable(status.conditions, now)),
    section("Etcd", etcdFields(status)),
    section("Backup", backupFields(status, now)),
    section("Endpoints", endpointFields(status)),
    section("Elections", electionsTable(status.elections, now)),
    ...(status.lastErrors.length === 0 ? [] : [section("Last errors", lastErrors(status, now))]),
    section("Events", eventsTable(events, now)),
  ].join("");
}

function summary({ metadata, status }: JupyterClusterObject, now: number): string {
  const operation = status.lastOperation;
  return renderFields([
    ["Name", metadata.name],
    ["Namespace", metadata.namespace],
    ["Labels", pairs(metadata.labels)],
    ["Annotations", pairs(metadata.annotations)],
    ["UID", metadata.uid],
    ["Age", ageOf(metadata.creationTimestamp, now)],
    ["Generation", `${metadata.generation} (observed ${status.observedGeneration})`],
    ["Phase", status.phase],
    ["Ready nodes", `${status.readyReplicas} of ${status.replicas}`],
    ["Leader", leaderPlace(status) ?? NONE],
    [
      "Last operation",
      operation === null
        ? NONE
        : `${operation.type} ${operation.state}: ${operation.description} ` +
          `(${ageOf(operation.lastUpdateTime, now)} ago)`,
    ],
    ...rebalanceField(status),
  ]);
}

function rebalanceField({ rebalance }: ClusterStatus): [string, string][] {
  if (rebalance === null) return [];
  const { state, preview, message } = rebalance;
  return [["Rebalance", `${state}${preview ? " (preview)" : ""}: ${message}`]];
}

/** Nodes in name order; nodes without a name last, by slot. */
function nodesTable(nodes: readonly NodeStatus[]): string {
  const header = [
    ["NAME", "SLOT", "IP", "PHASE", "READY", "ETCD", "TERM", "INDEX", "JUPYTER", "SSH"],
    ["RESTARTS", "VERSION", "HOST", "MESSAGE"],
  ].flat();
  const rows = [...nodes]
    .sort(byName)
    .map((node) => [
      node.leader ? `${node.name ?? NONE}*` : (node.name ?? NONE),
      String(node.slot),
      node.ip,
      node.phase,
      yesNo(node.ready),
      node.etcd === null ? NONE : `${node.etcd.memberId}${node.etcd.isLearner ? " (learner)" : ""}`,
      node.etcd === null ? "-" : String(node.etcd.raftTerm),
      node.etcd === null ? "-" : String(node.etcd.raftIndex),
      yesNo(node.jupyterReady),
      yesNo(node.sshReady),
      String(node.restarts),
      node.version ?? NONE,
      node.hostname ?? NONE,
      node.message,
    ]);
  return rows.length === 0 ? `${NONE}\n` : renderTable(header, rows);
}

/** Left out: nobody tells of any, as it is with a controller of an older release. */
function kernelsSection(
  { kernels = null }: Partial<Pick<ClusterStatus, "kernels">>,
  now: number,
): string[] {
  if (kernels === null) return [];
  const table = kernels.length === 0 ? `${NONE}\n` : kernelTable(kernels, { wide: false, now });
  return [section("Kernels", table)];
}

function byName(a: NodeStatus, b: NodeStatus): number {
  return indexOf(a) - indexOf(b) || a.slot - b.slot;
}

function indexOf(node: NodeStatus): number {
  return node.name === null ? Number.MAX_SAFE_INTEGER : Number(node.name.split("-").at(-1));
}

function conditionsTable(conditions: readonly Condition[], now: number): string {
  const rows = conditions.map((condition) => [
    condition.type,
    condition.status,
    condition.reason,
    ageOf(condition.lastTransitionTime, now),
    condition.message,
  ]);
  if (rows.length === 0) return `${NONE}\n`;
  return renderTable(["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"], rows);
}

function etcdFields({ etcd, nodes }: ClusterStatus): string {
  const members = nodes.filter((node) => node.etcd !== null);
  const learners = members.filter((node) => node.etcd?.isLearner === true).length;
  return renderFields([
    ["Cluster id", etcd.clusterId ?? NONE],
    ["Leader id", etcd.leaderId ?? NONE],
    ["Raft term", etcd.raftTerm === null ? "<unknown>" : String(etcd.raftTerm)],
    ["Version", etcd.version ?? "<unknown>"],
    ["Revision", etcd.revision === null ? "<unknown>" : String(etcd.revision)],
    ["Members", `${members.length - learners} voting, ${learners} learning`],
  ]);
}

function backupFields({ backup, etcd, lastRecovery }: ClusterStatus, now: number): string {
  const { count, last } = backup;
  const newest = last === null ? NONE : `${ageOf(last.takenAt, now)} ago: ${snapshotLine(last)}`;
  return renderFields([
    ["Snapshots", String(count)],
    ["Last", newest],
    ["Recoveries", String(etcd.recoveries)],
    ["Last recovery", recoveryLine(lastRecovery, now)],
  ]);
}

function endpointFields({ endpoints }: ClusterStatus): string {
  return renderFields([
    ["Jupyter", endpoints.jupyter],
    ["SSH", endpoints.ssh.length === 0 ? NONE : endpoints.ssh.join("\n")],
    ["Etcd", endpoints.etcd.length === 0 ? NONE : endpoints.etcd.join("\n")],
  ]);
}

function lastErrors(status: ClusterStatus, now: number): string {
  const rows = status.lastErrors.map((error) => [
    ageOf(error.observedAt, now),
    error.code,
    error.operation,
    error.message,
  ]);
  return renderTable(["AGE", "CODE", "OPERATION", "MESSAGE"], rows);
}

/** Oldest first, as they come. */
export function eventsTable(events: readonly ClusterEvent[], now: number): string {
  const rows = events.map((event) => [
    event.count > 1
      ? `${ageOf(event.lastTimestamp, now)} (x${event.count} over ${spanOf(event, now)})`
      : ageOf(event.lastTimestamp, now),
    event.type,
    event.reason,
    event.message,
  ]);
  if (rows.length === 0) return `${NONE}\n`;
  return renderTable(["LAST SEEN", "TYPE", "REASON", "MESSAGE"], rows);
}

function spanOf(event: ClusterEvent, now: number): string {
  return shortDuration(now - Date.parse(event.firstTimestamp));
}

function section(title: string, body: string): string {
  const indented = body.replace(/^(?=.)/gm, "  ");
  return `${title}:\n${indented}`;
}

function pairs(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map);
  return entries.length === 0 ? NONE : entries.map(([k, v]) => `${k}=${v}`).join("\n");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
