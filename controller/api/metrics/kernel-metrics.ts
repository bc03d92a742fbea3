/** Metrics of the kernels that belong to clusters, from what was published about them. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type ClusterKey, clusterKey } from "../../model/ids.ts";
import { KERNEL_EXIT_REASONS, KERNEL_STATES } from "../../model/kernels.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { ClusterStatus, JupyterClusterObject, KernelSummary } from "../../model/resource.ts";
import { LABELS, labelsOf } from "./cluster-metrics.ts";
import { type ClusterFollower, followClusters } from "./follow-clusters.ts";

const STATES: readonly KernelSummary["state"][] = [...KERNEL_STATES, "unknown", "lost"];

export class KernelMetrics implements ClusterFollower {
  /** By kernel, when it ended last. */
  private readonly seen = new Map<ClusterKey, ReadonlyMap<string, string | null>>();
  private readonly ended: Counter<(typeof LABELS)[number] | "reason">;
  readonly close: () => void;

  constructor(registry: Registry, published: PublishedClusters) {
    this.ended = new Counter({
      name: "jupytercluster_kernels_ended_total",
      help: "Kernels that ended without being shut down, by reason, since the controller started.",
      labelNames: [...LABELS, "reason"],
      registers: [registry],
    });
    registerGauges(registry, published);
    this.close = followClusters(published, this);
  }

  forget(object: JupyterClusterObject): void {
    this.seen.delete(clusterKey(object.metadata));
    for (const reason of KERNEL_EXIT_REASONS) this.ended.remove({ ...labelsOf(object), reason });
  }

  /** The first sight counts nothing: what was before is not known. */
  see(object: JupyterClusterObject): void {
    const kernels = kernelsOf(object);
    if (kernels === null) return;
    const key = clusterKey(object.metadata);
    const before = this.seen.get(key);
    this.seen.set(key, new Map(kernels.map(({ id, lastExit }) => [id, lastExit?.at ?? null])));
    for (const reason of KERNEL_EXIT_REASONS) {
      const ended = kernels.filter(({ id, lastExit }) => {
        return (
          lastExit?.reason === reason && before !== undefined && before.get(id) !== lastExit.at
        );
      });
      // A rate over a series that is not there yet would miss its first step.
      this.ended.inc({ ...labelsOf(object), reason }, ended.length);
    }
  }
}

function registerGauges(registry: Registry, published: PublishedClusters): void {
  const registers = [registry];
  new Gauge({
    name: "jupytercluster_kernels",
    help: "Kernels that belong to the cluster, by state.",
    labelNames: [...LABELS, "state"],
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        const kernels = kernelsOf(object);
        for (const state of kernels === null ? [] : STATES) {
          const count = kernels?.filter((kernel) => kernel.state === state).length ?? 0;
          this.set({ ...labelsOf(object), state }, count);
        }
      }
    },
  });
  new Gauge({
    name: "jupytercluster_kernels_memory_bytes",
    help: "Memory of all kernels of a node and of what they have started, as far as it is known.",
    labelNames: [...LABELS, "slot"],
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) {
        for (const { slot, memoryBytes } of kernelsOf(object) ?? []) {
          this.inc({ ...labelsOf(object), slot }, memoryBytes ?? 0);
        }
      }
    },
  });
}

function kernelsOf({ status }: JupyterClusterObject): readonly KernelSummary[] | null {
  return kernelsIn(status);
}

/** What an older release has published has no word of them. */
function kernelsIn({
  kernels = null,
}: Partial<Pick<ClusterStatus, "kernels">>): readonly KernelSummary[] | null {
  return kernels;
}
