/** `kubectl scale`: the number of nodes as an object of its own. */
import type { JupyterClusterObject } from "../../../model/resource.ts";
import { type ApiExchange, sendJson } from "../../exchange.ts";
import type { Route } from "../../router.ts";
import { StatusError } from "../../status-error.ts";
import { rootPath } from "../kind.ts";
import { jupyterClusters } from "../kinds/jupyter-clusters.ts";
import { LABELS } from "../../../model/ids.ts";
import { readBody } from "./body.ts";
import { baseVersion, manifestOf } from "./manifest.ts";
import { isObject } from "./merge-patch.ts";
import { patched } from "./patches.ts";
import { isDryRun } from "./delete-options.ts";
import { existing, managerOf, refOf, requireSameVersion } from "./write-routes.ts";
import type { SpecWriter } from "./writer.ts";

export function scaleRoutes(writer: SpecWriter): Route[] {
  const path = `${rootPath(jupyterClusters)}/namespaces/:namespace/${jupyterClusters.plural}/:name/scale`;
  const change = (exchange: ApiExchange) => rescale(writer, exchange);
  return [
    { method: "GET", path, handler: (x) => sendJson(x, scaleOf(existing(writer, refOf(x)))) },
    { method: "PUT", path, authorized: true, handler: change },
    { method: "PATCH", path, authorized: true, handler: change },
  ];
}

async function rescale(writer: SpecWriter, exchange: ApiExchange): Promise<void> {
  const { type, value } = await readBody(exchange.request);
  const ref = refOf(exchange);
  await writer.inTurn(ref, async () => {
    const before = existing(writer, ref);
    const isPatch = exchange.request.method === "PATCH";
    const wanted = isPatch ? patched(type, scaleOf(before), value) : value;
    requireSameVersion(before, baseVersion(wanted));
    const manifest = manifestOf(before);
    const spec = { ...manifest.spec, replicas: replicasOf(wanted) };
    const change = await writer.updated(before, { ...manifest, spec }, managerOf(exchange));
    const after = await writer.write(before, change, isDryRun(exchange));
    sendJson(exchange, scaleOf(after as JupyterClusterObject));
  });
}

/** Zero when the client leaves it out, as Kubernetes takes it; the spec's own rules say more. */
function replicasOf(scale: unknown): number {
  const spec = isObject(scale) ? scale["spec"] : null;
  const replicas = isObject(spec) ? (spec["replicas"] ?? 0) : 0;
  if (typeof replicas === "number") return replicas;
  throw new StatusError("BadRequest", "spec.replicas is no number.");
}

function scaleOf({ metadata, spec, status }: JupyterClusterObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec["replicas"] ?? status.replicas },
    status: { replicas: status.nodes.length, selector: `${LABELS.cluster}=${name}` },
  };
}
