/** Whoever deletes a pod wants it to be made anew: its node's container ends, and the controller heals. */
import { clusterKey } from "../../../model/ids.ts";
import type { Logger } from "../../../model/ports.ts";
import type { ApiExchange } from "../../exchange.ts";
import type { ApiOperations } from "../../operations.ts";
import type { Route } from "../../router.ts";
import { StatusError } from "../../status-error.ts";
import { rootPath } from "../kind.ts";
import { podUid, pods } from "../kinds/pods.ts";
import type { PodLookup } from "../pod-lookup.ts";
import { deleteOptionsOf, sendDeleted } from "./delete-options.ts";

export interface PodRouteParts {
  readonly pods: PodLookup;
  readonly operations: Pick<ApiOperations, "killNode">;
  readonly log: Logger;
}

export function podWriteRoutes(parts: PodRouteParts): Route[] {
  const some = `${rootPath(pods)}/namespaces/:namespace/${pods.plural}`;
  const one = `${some}/:name`;
  const byHand = (method: Route["method"], path: string): Route => ({
    method,
    path,
    authorized: true,
    handler: refuseChange,
  });
  return [
    { method: "DELETE", path: one, authorized: true, handler: (x) => remove(x, parts) },
    { method: "DELETE", path: some, authorized: true, handler: refuseAll },
    byHand("POST", some),
    byHand("PUT", one),
    byHand("PATCH", one),
  ];
}

/** The same as the verb `kill`. @throws StatusError, OperationError */
async function remove(
  exchange: ApiExchange,
  { pods: lookup, operations, log }: PodRouteParts,
): Promise<void> {
  const options = await deleteOptionsOf(exchange);
  const { cluster, node } = lookup.find(exchange);
  const { name = "" } = exchange.params;
  const uid = podUid(cluster, node);
  const details = { name, kind: pods.plural, uid };
  if (options.resourceVersion !== null) {
    const message =
      "preconditions.resourceVersion is not known of a pod; its uid is another with each launch.";
    throw new StatusError("BadRequest", message, { details });
  }
  if (options.uid !== null && options.uid !== uid) {
    const message = `Precondition failed: pod "${name}" is another by now: its uid is ${uid}.`;
    throw new StatusError("Conflict", message, { details });
  }
  if (!options.dryRun) {
    log.warn(
      { cluster: clusterKey(cluster.metadata), slot: node.slot },
      "pod deleted over the API",
    );
    await operations.killNode(cluster, node);
  }
  sendDeleted(exchange, details);
}

/** A cluster that loses all nodes at once has no quorum: whoever wants that names them. */
function refuseAll({ request }: ApiExchange): never {
  request.resume();
  const message =
    "Pods are deleted one by one, by name: kubectl delete pod NAME. " +
    "Each is a node that is launched again at once; kubectl delete jc NAME ends a cluster.";
  throw new StatusError("MethodNotAllowed", message, { headers: { Allow: "GET, HEAD" } });
}

function refuseChange({ request }: ApiExchange): never {
  request.resume();
  const message =
    "Pods are made from the spec of their JupyterCluster: change that, as with kubectl edit jc NAME " +
    "or kubectl scale jc NAME --replicas=N.";
  throw new StatusError("MethodNotAllowed", message, { headers: { Allow: "DELETE, GET, HEAD" } });
}
