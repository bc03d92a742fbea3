/** What went wrong on the way to the controller's API, as operating errors that say what to do. */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { ErrorCode } from "../../model/errors.ts";

const HOW_TO_START =
  "Start it with `jupyter-cluster up`, or say where it is with --api URL or JUPYTER_CLUSTER_API.";

/** The request did not get an answer. */
export function unreachable(operation: string, url: string, cause: unknown): OperationError {
  const message = `The controller does not answer at ${url} (${reasonOf(cause)}). ${HOW_TO_START}`;
  return new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, operation, message, { cause });
}

/** Something answered that is no controller of ours. */
export function notAController(operation: string, url: string): OperationError {
  const message = `What answers at ${url} is not a jupyter-cluster controller. ${HOW_TO_START}`;
  return new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, operation, message);
}

/** An answer with an error status: a Kubernetes `Status` object, or something else. */
export function refused(operation: string, url: string, status: number, body: string) {
  const message = statusMessage(body);
  if (message === null && status === 404) return notAController(operation, url);
  const text = message ?? `The controller answered ${status} without saying why.`;
  if (status === 401 || status === 403) {
    const hint = "Only the user that runs the controller may do this; is --state-dir the same?";
    return new OperationError(ERROR_CODES.CONTROLLER_REFUSED, operation, `${text} ${hint}`);
  }
  return new OperationError(operatingError(body) ?? codeOf(status), operation, text);
}

/** The controller's own error, when it tells which. */
function operatingError(body: string): ErrorCode | null {
  const status = parsed(body) as { details?: { causes?: { reason?: unknown }[] } } | null;
  const reason = status?.details?.causes?.[0]?.reason;
  return Object.values(ERROR_CODES).find((code) => code === reason) ?? null;
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return ERROR_CODES.NOT_FOUND;
  if (status === 502 || status === 503 || status === 504) return ERROR_CODES.AGENT_UNREACHABLE;
  return ERROR_CODES.CONTROLLER_REFUSED;
}

function statusMessage(body: string): string | null {
  const status = parsed(body);
  if (status === null || !("message" in status)) return null;
  return typeof status.message === "string" ? status.message : null;
}

function parsed(body: string): object | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** undici wraps the interesting error in a cause; Node may wrap several in an AggregateError. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  return messageOf(error);
}
