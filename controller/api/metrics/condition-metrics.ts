/** The conditions and the latest election of every cluster, in the shape of kube-state-metrics. */
import { Gauge, type Registry } from "prom-client";
import type { PublishedClusters } from "../../model/ports.ts";
import type { ConditionStatus } from "../../model/resource.ts";
import { LABELS, labelsOf } from "./cluster-metrics.ts";

const STATUSES: readonly ConditionStatus[] = ["True", "False", "Unknown"];

export function registerConditionMetrics(registry: Registry, published: PublishedClusters): void {
  const registers = [registry];
  new Gauge({
    name: "jupytercluster_status_condition",
    help: "1 for the status that the condition has, 0 for the others.",
    labelNames: [...LABELS, "condition", "status"],
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        for (const { type, status } of object.status.conditions) {
          for (const each of STATUSES) {
            const labels = { condition: type, status: each.toLowerCase() };
            this.set({ ...labelsOf(object), ...labels }, each === status ? 1 : 0);
          }
        }
      }
    },
  });
  new Gauge({
    name: "jupytercluster_latest_election_duration_seconds",
    help: "From the first sign of unrest until the leader was elected, of the latest election.",
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        const latest = object.status.elections.findLast(({ durationMs }) => durationMs !== null);
        if (latest?.durationMs != null) this.set(labelsOf(object), latest.durationMs / 1000);
      }
    },
  });
}
