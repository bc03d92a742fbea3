/** A bound for what has none of its own, such as a file system that a dead server holds up. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock } from "../model/ports.ts";
import { systemClock } from "./clock.ts";

/**
 * @throws OperationError ERR_TIMEOUT after `ms`; the work itself goes on, and nobody waits for it
 */
export async function within<T>(ms: number, operation: string, work: Promise<T>): Promise<T> {
  let isLate = true;
  const value = work.then((result) => {
    isLate = false;
    return result;
  });
  await atMost(systemClock, ms, value);
  if (!isLate) return value;
  const message = `${operation} has not ended within ${ms / 1000} s.`;
  throw new OperationError(ERROR_CODES.TIMEOUT, operation, message);
}

/** Waits for the work, but not longer than `ms`; the work goes on. @throws what the work throws */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let cancel: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
