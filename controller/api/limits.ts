/** Every bound of the API in one place. Times in milliseconds, sizes in bytes. */
export const LIMITS = {
  /** Until a client's headers are complete, and until its whole request is. */
  headersMs: 10_000,
  requestMs: 20_000,
  /** How often those two are looked at. */
  checkMs: 2_000,
  keepAliveMs: 65_000,
  connectionsMax: 512,
  /** Body of a POST. */
  bodyMax: 64 * 1024,
  /** Body with a whole cluster, its status included. */
  objectMax: 1024 * 1024,
  /** Watches and followed logs together. */
  streamsMax: 128,
  /** Browsers with the page open. */
  pagesMax: 256,
  /** What a watch may be behind before its client is dropped. */
  watchBehindMax: 4 * 1024 * 1024,
  /** Lines of a log, from its end. */
  tailMax: 100_000,
  /** From close() to cutting what is still being answered. */
  closeGraceMs: 1_000,
} as const;
