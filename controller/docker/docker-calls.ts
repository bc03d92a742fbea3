/** Every call to the Docker Engine goes through here: one deadline, one meaning for each error. */
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import { systemClock } from "../support/clock.ts";

/** Milliseconds for a call that only looks, and for one that changes something. */
export const LOOK_MS = 5_000;
export const CHANGE_MS = 15_000;

const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  "ENOENT",
  "EACCES",
  "EPERM",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * @param operation what is being done, e.g. `EnsureNetwork lab`
 * @param call gets the signal that ends it at the deadline; it is left behind then if it does not
 *   heed it
 * @throws OperationError ERR_DOCKER_UNREACHABLE, ERR_TIMEOUT, ERR_NOT_FOUND or ERR_DOCKER_REFUSED
 */
export async function dockerCall<T>(
  operation: string,
  deadlineMs: number,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const { signal } = deadline;
  const cancel = systemClock.after(deadlineMs, () => deadline.abort());
  try {
    return await Promise.race([call(signal), rejectAt(signal)]);
  } catch (error) {
    if (signal.aborted) {
      const message = `Docker did not answer within ${deadlineMs} ms. See the engine's log.`;
      throw new OperationError(ERROR_CODES.TIMEOUT, operation, message, { cause: error });
    }
    throw dockerError(operation, error);
  } finally {
    cancel();
  }
}

function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** HTTP status of the engine's refusal; null when the error is of another kind. */
export function refusalStatus(error: unknown): number | null {
  const cause = error instanceof OperationError ? error.cause : error;
  const status = (cause as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : null;
}

function dockerError(operation: string, error: unknown): unknown {
  if (error instanceof OperationError || !(error instanceof Error)) return error;
  const status = refusalStatus(error);
  if (status !== null) {
    const code = status === 404 ? ERROR_CODES.NOT_FOUND : ERROR_CODES.DOCKER_REFUSED;
    return new OperationError(code, operation, `Docker: ${engineWords(error)}`, { cause: error });
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !CONNECTION_ERRORS.has(code)) return error;
  return unreachable(operation, code, error);
}

export function unreachable(operation: string, code: string, cause: unknown): OperationError {
  const message = `No Docker Engine answers at ${engineAddress()} (${code}). ${advice(code)}`;
  return new OperationError(ERROR_CODES.DOCKER_UNREACHABLE, operation, message, { cause });
}

export function engineAddress(): string {
  return process.env["DOCKER_HOST"] || "/var/run/docker.sock";
}

function advice(code: string): string {
  if (code === "EACCES" || code === "EPERM") {
    return "This user may not use it: add the user to the group docker, or run as root.";
  }
  if (process.env["DOCKER_HOST"]) return "Check the environment variable DOCKER_HOST.";
  return "Start it (`systemctl start docker`), install it, or set DOCKER_HOST.";
}

/** The engine's message without the frame that the client puts around it. */
export function engineWords(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, "")
    .trim();
}
