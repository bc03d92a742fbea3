/** What a controller with one cluster answers to Prometheus. */
import { createMetrics } from "../../controller/api/metrics/metrics.ts";
import { PublishedStore } from "../../controller/loop/published.ts";

const STATS = {
  ...{ requests: 7, retries: 2, heldTotal: 3, refused: 1 },
  ...{ held: 1, active: 4, webSockets: 5, connections: 6 },
  joins: { joined: 8, refused: 1 },
};
const DATABASES = [
  { key: "default/lab", slot: 1, sizeBytes: 20480, inUseBytes: 16384, quotaBytes: 2 ** 31 },
] as const;

const USAGES = [
  {
    ...{ key: "default/lab", slot: 1 },
    usage: {
      ...{ cpuSeconds: 12.5, memoryBytes: 4096, memoryLimitBytes: 8192 },
      disk: { usedBytes: 10, sizeBytes: 20 },
    },
  },
] as const;

/** The metrics of `default/lab`, and the store that its status is published to. */
export function metricsOfLab() {
  const published = new PublishedStore({ lastResourceVersion: 0 });
  const metrics = createMetrics({
    published,
    proxies: () => [{ key: "default/lab", stats: STATS }],
    databases: () => DATABASES,
    usages: () => Promise.resolve(USAGES),
    isActing: () => true,
    version: "1.2.3",
  });
  return { published, metrics, text: () => metrics.registry.metrics() };
}
