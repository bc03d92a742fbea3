/** A bound for what has none of its own, such as a file system that a dead server holds up. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";

/** @throws OperationError ERR_TIMEOUT after `ms`; the work itself goes on, and nobody waits for it */
export async function within<T>(ms: number, operation: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `${operation} has not ended within ${ms / 1000} s.`;
      reject(new OperationError(ERROR_CODES.TIMEOUT, operation, message));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
