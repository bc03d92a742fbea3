/** Metrics of the Jupyter proxies, read from them at each scrape. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type ClusterKey, parseClusterKey } from "../../model/ids.ts";
import { LABELS } from "./cluster-metrics.ts";

/** As a proxy tells it; the totals only grow. */
export interface ProxyReading {
  readonly key: ClusterKey;
  readonly stats: Readonly<Record<TotalName | CurrentName, number>> & {
    /** By outcome. */
    readonly joins: Readonly<Record<string, number>>;
  };
}

type TotalName = "requests" | "retries" | "heldTotal" | "refused";
type CurrentName = "held" | "active" | "webSockets" | "connections";

const TOTALS: readonly (readonly [TotalName, string, string])[] = [
  ["requests", "requests_total", "Requests and WebSockets that came to the proxy."],
  ["retries", "retries_total", "Times that something was sent again."],
  ["heldTotal", "held_total", "Requests that had to wait for a leader."],
  ["refused", "refused_total", "Requests that the proxy answered with 502 or 503 by itself."],
];
const CURRENT: readonly (readonly [CurrentName, string, string])[] = [
  ["held", "held_requests", "Requests that wait for a leader now."],
  ["active", "active_requests", "Requests that are held or under way now."],
  ["webSockets", "websockets", "WebSockets that are open now."],
  ["connections", "connections", "Connections of clients that are open now."],
];

export function registerProxyMetrics(
  registry: Registry,
  read: () => readonly ProxyReading[],
): void {
  for (const [field, name, help] of TOTALS) {
    new Counter({
      name: `jupytercluster_proxy_${name}`,
      help,
      labelNames: LABELS,
      registers: [registry],
      collect() {
        this.reset();
        for (const { key, stats } of read()) this.inc(parseClusterKey(key), stats[field]);
      },
    });
  }
  new Counter({
    name: "jupytercluster_proxy_joins_total",
    help: "Kernels' WebSockets whose server was lost, by what became of them.",
    labelNames: [...LABELS, "outcome"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { key, stats } of read()) {
        for (const [outcome, count] of Object.entries(stats.joins)) {
          this.inc({ ...parseClusterKey(key), outcome }, count);
        }
      }
    },
  });
  for (const [field, name, help] of CURRENT) {
    new Gauge({
      name: `jupytercluster_proxy_${name}`,
      help,
      labelNames: LABELS,
      registers: [registry],
      collect() {
        this.reset();
        for (const { key, stats } of read()) this.set({ ...parseClusterKey(key) }, stats[field]);
      },
    });
  }
}
