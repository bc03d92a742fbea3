/** metrics.k8s.io, as `kubectl top pod` reads it: what each node's container uses, over the second before. */
import type { PublishedClusters } from "../../model/ports.ts";
import type { NodeUsageStatus } from "../../model/node-usage.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { type ApiExchange, sendJson } from "../exchange.ts";
import type { ApiOperations } from "../operations.ts";
import type { Route } from "../router.ts";
import { StatusError } from "../status-error.ts";
import { groupVersion, type Kind, rootPath } from "./kind.ts";
import { podNameOf, type PodObject, pods } from "./kinds/pods.ts";
import { notFound } from "./not-found.ts";
import type { KubernetesObject } from "./object.ts";
import { labelSelector } from "./selectors.ts";

/** In the discovery alone: its objects are measured when they are asked for, and nobody watches them. */
export const podMetrics: Kind<KubernetesObject> = {
  ...{ group: "metrics.k8s.io", version: "v1beta1", kind: "PodMetrics", plural: "pods" },
  ...{ singular: "", shortNames: [], categories: [], namespaced: true, verbs: ["get", "list"] },
  ...{ columns: [], fields: {} },
  of: () => [],
};

interface MetricsParts {
  readonly published: PublishedClusters;
  readonly operations: Pick<ApiOperations, "usage">;
  readonly now: () => number;
}

export function podMetricsRoutes(parts: MetricsParts): Route[] {
  const root = rootPath(podMetrics);
  const some = `${root}/namespaces/:namespace/${podMetrics.plural}`;
  const list = async (exchange: ApiExchange): Promise<void> => {
    const items = await measured(parts, exchange);
    const apiVersion = groupVersion(podMetrics);
    sendJson(exchange, { kind: "PodMetricsList", apiVersion, metadata: {}, items });
  };
  const one = async (exchange: ApiExchange): Promise<void> => {
    const { name = "" } = exchange.params;
    const [found] = await measured(parts, exchange, name);
    if (found === undefined) throw notFound(pods, name);
    sendJson(exchange, found);
  };
  return [
    { method: "GET", path: `${root}/nodes`, handler: noHosts },
    { method: "GET", path: `${root}/nodes/:name`, handler: noHosts },
    { method: "GET", path: `${root}/${podMetrics.plural}`, handler: list },
    { method: "GET", path: some, handler: list },
    { method: "GET", path: `${some}/:name`, handler: one },
  ];
}

/** Only what the clusters' own containers use is measured. */
function noHosts(): never {
  const message =
    "Nobody measures what a whole host uses. `kubectl top pod` has what its nodes use, " +
    "`kubectl get pods -o wide` on which host each of them is.";
  throw new StatusError("NotFound", message);
}

/** A pod that does not tell what it uses has no metrics, as with Kubernetes. */
async function measured(
  { published, operations, now }: MetricsParts,
  { params, query }: ApiExchange,
  podName: string | null = null,
): Promise<readonly object[]> {
  const selects = labelSelector(query.get("labelSelector") ?? "");
  const { namespace } = params;
  const wanted = published.list().flatMap((cluster) => {
    if (namespace !== undefined && cluster.metadata.namespace !== namespace) return [];
    const chosen = pods
      .of(cluster, [])
      .filter(({ metadata }) => podName === null || metadata.name === podName)
      .filter(({ metadata }) => selects(metadata.labels ?? {}));
    return chosen.length === 0 ? [] : [{ cluster, chosen }];
  });
  const told = await Promise.all(
    wanted.map(async ({ cluster, chosen }) => {
      const usages = await operations.usage(cluster);
      return chosen.flatMap((pod) => metricsOf(pod, usageOf(pod, cluster, usages), now()));
    }),
  );
  return told.flat();
}

function usageOf(
  { metadata }: PodObject,
  cluster: JupyterClusterObject,
  usages: readonly NodeUsageStatus[],
): NodeUsageStatus | undefined {
  const node = cluster.status.nodes.find((one) => podNameOf(cluster, one) === metadata.name);
  return usages.find(({ slot }) => slot === node?.slot);
}

function metricsOf(
  { metadata }: PodObject,
  told: NodeUsageStatus | undefined,
  now: number,
): readonly object[] {
  if (told === undefined || told.usage === null || told.cpus === null) return [];
  const { name, namespace, labels } = metadata;
  const cpu = `${Math.ceil(told.cpus * 1e9)}n`;
  const memory = `${Math.ceil(told.usage.memoryBytes / 1024)}Ki`;
  return [
    {
      kind: podMetrics.kind,
      apiVersion: groupVersion(podMetrics),
      metadata: { name, namespace, labels, creationTimestamp: new Date(now).toISOString() },
      timestamp: new Date(now).toISOString(),
      window: "1s",
      // Its units share one cgroup.
      containers: [{ name: "node", usage: { cpu, memory } }],
    },
  ];
}
