/**
 * Metrics of the clusters' etcd: its databases as the nodes tell them at each scrape, its copies.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import { type ClusterKey, parseClusterKey } from "../../model/ids.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import { LABELS, labelsOf } from "./cluster-metrics.ts";

/** Of one member in sight. */
export interface DatabaseReading {
  readonly key: ClusterKey;
  readonly slot: number;
  readonly sizeBytes: number;
  readonly inUseBytes: number;
  readonly quotaBytes: number;
}

type Size = "sizeBytes" | "inUseBytes" | "quotaBytes";

/** etcd's own names below ours. */
const SIZES: readonly (readonly [Size, string, string])[] = [
  ["sizeBytes", "db_total_size_in_bytes", "Size of the member's database, free pages included."],
  ["inUseBytes", "db_total_size_in_use_in_bytes", "What of the member's database is in use."],
  ["quotaBytes", "quota_backend_bytes", "Size of the database at which etcd takes no more writes."],
];

/** Of the newest snapshot; a cluster without one has no such series. */
const NEWEST: readonly (readonly [string, string, (newest: SnapshotInfo) => number])[] = [
  [
    "latest_timestamp_seconds",
    "When the newest snapshot was taken, in seconds since the epoch.",
    ({ takenAt }) => Date.parse(takenAt) / 1000,
  ],
  ["latest_size_bytes", "Size of the newest snapshot.", ({ sizeBytes }) => sizeBytes],
  ["latest_revision", "etcd's revision in the newest snapshot.", ({ revision }) => revision],
];

export function registerEtcdMetrics(
  registry: Registry,
  published: PublishedClusters,
  databases: () => readonly DatabaseReading[],
): void {
  const registers = [registry];
  for (const [field, name, help] of SIZES) {
    new Gauge({
      name: `jupytercluster_etcd_${name}`,
      help,
      labelNames: [...LABELS, "slot"],
      registers,
      collect() {
        this.reset();
        for (const { key, slot, ...sizes } of databases()) {
          this.set({ ...parseClusterKey(key), slot }, sizes[field]);
        }
      },
    });
  }
  new Counter({
    name: "jupytercluster_etcd_recoveries_total",
    help: "How often etcd was begun anew after a lost quorum.",
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const object of published.list())
        this.inc(labelsOf(object), object.status.etcd.recoveries);
    },
  });
  registerSnapshotMetrics(registry, published);
}

function registerSnapshotMetrics(registry: Registry, published: PublishedClusters): void {
  const registers = [registry];
  new Gauge({
    name: "jupytercluster_etcd_snapshots",
    help: "Snapshots that are kept.",
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const object of published.list()) this.set(labelsOf(object), object.status.backup.count);
    },
  });
  for (const [name, help, valueOf] of NEWEST) {
    new Gauge({
      name: `jupytercluster_etcd_snapshot_${name}`,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        this.reset();
        for (const object of published.list()) {
          const newest = object.status.backup.last;
          if (newest !== null) this.set(labelsOf(object), valueOf(newest));
        }
      },
    });
  }
}
