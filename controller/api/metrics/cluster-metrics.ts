/** Metrics of the clusters, from what was published about them. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type ClusterKey, clusterKey } from "../../model/ids.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject, NodePhase } from "../../model/resource.ts";
import { type ClusterFollower, followClusters } from "./follow-clusters.ts";

const PHASES: readonly NodePhase[] = [
  "Pending",
  "BackOff",
  "Launching",
  "Starting",
  "Joining",
  "Running",
  "Standby",
  "Unreachable",
  "Stopping",
];
export const LABELS = ["namespace", "name"] as const;

/** What has to be remembered of a cluster to count its changes. */
interface Seen {
  readonly leaderSlot: number | null;
  /** By slot. */
  readonly restarts: ReadonlyMap<number, number>;
}

export class ClusterMetrics implements ClusterFollower {
  private readonly seen = new Map<ClusterKey, Seen>();
  private readonly leaderChanges: Counter<(typeof LABELS)[number]>;
  private readonly relaunches: Counter<(typeof LABELS)[number]>;
  readonly close: () => void;

  constructor(registry: Registry, published: PublishedClusters) {
    const registers = [registry];
    this.leaderChanges = new Counter({
      name: "jupytercluster_leader_changes_total",
      help: "How often another node became the leader, since the controller started.",
      labelNames: LABELS,
      registers,
    });
    this.relaunches = new Counter({
      name: "jupytercluster_relaunches_total",
      help: "Containers that were launched again, since the controller started.",
      labelNames: LABELS,
      registers,
    });
    registerGauges(registry, published);
    this.close = followClusters(published, this);
  }

  forget(object: JupyterClusterObject): void {
    this.seen.delete(clusterKey(object.metadata));
    this.leaderChanges.remove(labelsOf(object));
    this.relaunches.remove(labelsOf(object));
  }

  /** The first sight counts nothing: what was before is not known. */
  see(object: JupyterClusterObject): void {
    const key = clusterKey(object.metadata);
    const before = this.seen.get(key);
    const { nodes } = object.status;
    // Between two leaders there is none; the change is from the last to the next.
    const leaderSlot = nodes.find((node) => node.leader)?.slot ?? before?.leaderSlot ?? null;
    const restarts = new Map(nodes.map(({ slot, restarts }) => [slot, restarts]));
    this.seen.set(key, { leaderSlot, restarts });
    const changed = before !== undefined && before.leaderSlot !== null;
    const moved = changed && leaderSlot !== before.leaderSlot;
    let again = 0;
    for (const [slot, count] of before?.restarts ?? []) {
      again += Math.max(0, (restarts.get(slot) ?? 0) - count);
    }
    this.leaderChanges.inc(labelsOf(object), moved ? 1 : 0);
    this.relaunches.inc(labelsOf(object), again);
  }
}

function registerGauges(registry: Registry, published: PublishedClusters): void {
  const registers = [registry];
  new Gauge({
    name: "jupytercluster_ready",
    help: "1 when the cluster's Ready condition is True, else 0.",
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) this.set(labelsOf(object), isReady(object) ? 1 : 0);
    },
  });
  new Gauge({
    name: "jupytercluster_nodes",
    help: "Nodes of the cluster, by phase.",
    labelNames: [...LABELS, "phase"],
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        for (const phase of PHASES) {
          const count = object.status.nodes.filter((node) => node.phase === phase).length;
          this.set({ ...labelsOf(object), phase }, count);
        }
      }
    },
  });
  new Gauge({
    name: "jupytercluster_generation_lag",
    help: "Generations of the spec that the status does not show yet.",
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        const { generation } = object.metadata;
        this.set(labelsOf(object), generation - object.status.observedGeneration);
      }
    },
  });
}

export function labelsOf({ metadata }: JupyterClusterObject) {
  return { namespace: metadata.namespace, name: metadata.name };
}

function isReady({ status }: JupyterClusterObject): boolean {
  return status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
