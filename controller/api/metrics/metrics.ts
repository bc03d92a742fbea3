/**
 * What Prometheus scrapes: controller-runtime's names for the loop, so that its dashboards and
 * alerts work, and our own for clusters and proxies. prom-client stays within these files:
 * the loop records through a small interface.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { WebhookOutcome } from "../../model/condition-change.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import { ClusterMetrics } from "./cluster-metrics.ts";
import { registerConditionMetrics } from "./condition-metrics.ts";
import { type DatabaseReading, registerEtcdMetrics } from "./etcd-metrics.ts";
import { KernelMetrics } from "./kernel-metrics.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { type ProxyReading, registerProxyMetrics } from "./proxy-metrics.ts";
import { registerUsageMetrics, type UsedByNode } from "./usage-metrics.ts";
import { webhookMetrics } from "./webhook-metrics.ts";

const CONTROLLER = "jupytercluster";
/** Seconds; controller-runtime's buckets. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface MetricsOptions {
  readonly published: PublishedClusters;
  /** Read at each scrape. */
  readonly proxies: () => readonly ProxyReading[];
  readonly databases: () => readonly DatabaseReading[];
  readonly usages: () => Promise<readonly UsedByNode[]>;
  /** Whether this controller acts; else it stands by. */
  readonly isActing: () => boolean;
  readonly version: string;
}

export interface Metrics {
  readonly registry: Registry;
  /** The loop's port. */
  readonly reconcile: {
    reconciled(result: "success" | "error", seconds: number): void;
    queueDepth(depth: number): void;
  };
  /** The notifier's port. */
  webhook(outcome: WebhookOutcome, count: number): void;
  close(): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const clusters = new ClusterMetrics(registry, options.published);
  const kernels = new KernelMetrics(registry, options.published);
  registerConditionMetrics(registry, options.published);
  registerProxyMetrics(registry, options.proxies);
  registerEtcdMetrics(registry, options.published, options.databases);
  registerUsageMetrics(registry, options.usages);
  registerProcessMetrics(registry);
  new Gauge({
    name: "jupytercluster_build_info",
    help: "Always 1; the label tells the version of the controller.",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version: options.version }, 1);
  new Gauge({
    name: "leader_election_master_status",
    help: "1: this controller acts; 0: it stands by.",
    labelNames: ["name"],
    registers: [registry],
    collect() {
      this.set({ name: CONTROLLER }, options.isActing() ? 1 : 0);
    },
  });
  const close = () => {
    clusters.close();
    kernels.close();
  };
  const webhook = webhookMetrics(registry);
  return { registry, reconcile: reconcileMetrics(registry), webhook, close };
}

function reconcileMetrics(registry: Registry): Metrics["reconcile"] {
  const registers = [registry];
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciles of clusters, by result.",
    labelNames: ["controller", "result"],
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Reconciles of clusters in which something failed.",
    labelNames: ["controller"],
    registers,
  });
  const seconds = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "How long a reconcile took.",
    labelNames: ["controller"],
    buckets: BUCKETS,
    registers,
  });
  const depth = new Gauge({
    name: "workqueue_depth",
    help: "Clusters that wait for a reconcile.",
    labelNames: ["name"],
    registers,
  });
  // A rate over a series that is not there yet would miss its first step.
  for (const result of ["success", "error"]) total.inc({ controller: CONTROLLER, result }, 0);
  errors.inc({ controller: CONTROLLER }, 0);
  depth.set({ name: CONTROLLER }, 0);
  return {
    reconciled: (result, took) => {
      total.inc({ controller: CONTROLLER, result });
      if (result === "error") errors.inc({ controller: CONTROLLER });
      seconds.observe({ controller: CONTROLLER }, took);
    },
    queueDepth: (waiting) => depth.set({ name: CONTROLLER }, waiting),
  };
}
