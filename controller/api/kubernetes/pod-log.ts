/** `kubectl logs`: a unit's log, asked for as a container's of a pod. */
import { LOG_UNITS, type LogUnit } from "../../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ApiExchange } from "../exchange.ts";
import { LIMITS } from "../limits.ts";
import { logOptionsOf } from "../log-options.ts";
import type { NodeLogs } from "../node-logs.ts";
import { wholeNumberOf } from "../requests.ts";
import { StatusError } from "../status-error.ts";
import type { PodLookup } from "./pod-lookup.ts";

export async function podLog(
  exchange: ApiExchange,
  pods: PodLookup,
  logs: NodeLogs,
  now: number,
): Promise<void> {
  const { query, params } = exchange;
  const found = pods.find(exchange);
  const unit = unitOf(query.get("container"), params["name"] ?? "");
  const tail = wholeNumberOf(query, "tailLines", 0, LIMITS.tailMax);
  const options = { tail, ...logOptionsOf(query, now) };
  try {
    await logs.send(exchange, { ...found, unit, ...options });
  } catch (error) {
    if (!options.previous || !isNotFound(error)) throw error;
    const message = `previous terminated container "${unit}" in pod "${params["name"]}" not found`;
    throw new StatusError("BadRequest", message);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof OperationError && error.code === ERROR_CODES.NOT_FOUND;
}

/** @throws StatusError BadRequest, in the words of a kubelet */
export function unitOf(container: string | null, pod: string): LogUnit {
  const choices = LOG_UNITS.join(" ");
  if (container === null || container === "") {
    const message = `a container name must be specified for pod ${pod}, choose one of: [${choices}]`;
    throw new StatusError("BadRequest", message);
  }
  const unit = LOG_UNITS.find((name) => name === container);
  if (unit !== undefined) return unit;
  const message = `container ${container} is not valid for pod ${pod}, choose one of: [${choices}]`;
  throw new StatusError("BadRequest", message);
}
