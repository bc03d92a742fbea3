/** ERROR events after which this scheduler must not subscribe again. Pure. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";

/** @returns null when another subscription may help */
export function fatalError(message: string): OperationError | null {
  if (/framework has been removed|completed framework/i.test(message)) return removed(message);
  if (/framework failed over/i.test(message)) return failedOver(message);
  return null;
}

/**
 * Never a silent new id: the master has killed the tasks of the old one, and a person must know.
 * Who does says so with `--mesos-new-framework`.
 */
export function removed(said: string): OperationError {
  return new OperationError(
    ERROR_CODES.FRAMEWORK_REMOVED,
    "SUBSCRIBE",
    `The Mesos master no longer knows this framework (${said}): it was torn down, or the controller was away for longer than its failover timeout. Its containers are gone; the data volumes are not. With --mesos-new-framework the next start registers another one and goes on with them.`,
  );
}

function failedOver(said: string): OperationError {
  return new OperationError(
    ERROR_CODES.FRAMEWORK_TAKEN_OVER,
    "SUBSCRIBE",
    `Another controller has taken over this Mesos framework (${said}). Only one may act at a time.`,
  );
}
