/**
 * Time and log as this server needs them. It is a server of its own, so it declares them itself;
 * the controller's `Clock` and `Logger` have the same shape and fit.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A log message is constant; the facts are in `fields`. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
