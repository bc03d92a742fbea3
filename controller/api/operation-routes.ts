/** What needs the control token: the way into Jupyter, the nodes' logs, the controller's end. */
import { LOG_UNITS } from "../model/agent-api.ts";
import { slotOfMemberName } from "../model/ids.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { API_VERSION, type JupyterClusterObject, type NodeStatus } from "../model/resource.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendAccepted, sendJson } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { logOptionsOf } from "./log-options.ts";
import type { NodeLogs } from "./node-logs.ts";
import type { ApiOperations } from "./operations.ts";
import { oneOf, readJsonObject, wholeNumberOf } from "./requests.ts";
import { StatusError } from "./status-error.ts";

export class OperationRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
    private readonly logs: NodeLogs,
    private readonly log: Logger,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  readonly access = (exchange: ApiExchange): void => {
    const url = this.operations.jupyterUrl(this.clusters.find(exchange));
    sendJson(exchange, { jupyter: { url } }, { headers: { "Cache-Control": "no-store" } });
  };

  readonly usage = async (exchange: ApiExchange): Promise<void> => {
    const items = await this.operations.usage(this.clusters.find(exchange));
    sendJson(exchange, { kind: "NodeUsageList", apiVersion: API_VERSION, metadata: {}, items });
  };

  readonly nodeLog = async (exchange: ApiExchange): Promise<void> => {
    const { query, params } = exchange;
    const cluster = this.clusters.find(exchange);
    const node = findNode(cluster, params["node"] ?? "");
    const unit = oneOf(query, "unit", LOG_UNITS) ?? "agent";
    const tail = wholeNumberOf(query, "tail", 0, LIMITS.tailMax);
    const options = { tail, ...logOptionsOf(query, this.clock.now()) };
    await this.logs.send(exchange, { cluster, node, unit, ...options });
  };

  readonly killNode = async (exchange: ApiExchange): Promise<void> => {
    exchange.request.resume();
    const cluster = this.clusters.find(exchange);
    const node = findNode(cluster, exchange.params["node"] ?? "");
    const { namespace, name } = cluster.metadata;
    const facts = { cluster: `${namespace}/${name}`, slot: node.slot };
    this.log.warn(facts, "kill requested over the API");
    await this.operations.killNode(cluster, node);
    sendAccepted(exchange);
  };

  readonly shutdown = async ({ request, response, ...exchange }: ApiExchange): Promise<void> => {
    const { teardown = false } = await readJsonObject(request);
    if (typeof teardown !== "boolean") {
      throw new StatusError("BadRequest", "teardown is true or false.");
    }
    const begin = await this.operations.shutdown(teardown);
    this.log.info({ teardown }, "shutdown requested over the API");
    response.once("close", begin);
    sendAccepted({ request, response, ...exchange }, { Connection: "close" });
  };
}

function findNode(cluster: JupyterClusterObject, name: string): NodeStatus {
  const slot = slotOfMemberName(name);
  const { nodes } = cluster.status;
  const node = nodes.find((n) => (slot === null ? n.name === name : n.slot === slot));
  if (node !== undefined) return node;
  const there = nodes.map((n) => n.name ?? `slot-${n.slot}`).join(", ") || "none yet";
  const message = `JupyterCluster ${cluster.metadata.name} has no node ${name}; it has ${there}.`;
  throw new StatusError("NotFound", message);
}
