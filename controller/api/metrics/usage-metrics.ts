/** What the nodes use, asked of their agents at each scrape. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type ClusterKey, parseClusterKey } from "../../model/ids.ts";
import type { NodeUsage } from "../../model/node-usage.ts";

export interface UsedByNode {
  readonly key: ClusterKey;
  readonly slot: number;
  readonly usage: NodeUsage;
}

/** After the names of kubelet and of Prometheus' node exporter. */
const SERIES: readonly (readonly [string, string, (usage: NodeUsage) => number | null])[] = [
  ["memory_working_set_bytes", "Memory that is in use.", (u) => u.memoryBytes],
  ["memory_limit_bytes", "What its container may have.", (u) => u.memoryLimitBytes],
  ["filesystem_used_bytes", "Of the disk with its data.", (u) => u.disk?.usedBytes ?? null],
  ["filesystem_size_bytes", "Of the disk with its data.", (u) => u.disk?.sizeBytes ?? null],
];

const LABELS = ["namespace", "name", "slot"] as const;

/** @param read those that answer; bounded in time */
export function registerUsageMetrics(
  registry: Registry,
  read: () => Promise<readonly UsedByNode[]>,
): void {
  // One round of questions for all series of a scrape.
  let reading: Promise<readonly UsedByNode[]> | null = null;
  const once = () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  const labelsOf = ({ key, slot }: UsedByNode) => ({ ...parseClusterKey(key), slot: String(slot) });
  new Counter({
    name: "jupytercluster_node_cpu_usage_seconds_total",
    help: "Processor time since its container started.",
    labelNames: LABELS,
    registers: [registry],
    async collect() {
      const all = await once();
      this.reset();
      for (const node of all) this.inc(labelsOf(node), node.usage.cpuSeconds);
    },
  });
  for (const [name, help, valueOf] of SERIES) {
    new Gauge({
      name: `jupytercluster_node_${name}`,
      help,
      labelNames: LABELS,
      registers: [registry],
      async collect() {
        const all = await once();
        this.reset();
        for (const node of all) {
          const value = valueOf(node.usage);
          if (value !== null) this.set(labelsOf(node), value);
        }
      },
    });
  }
}
