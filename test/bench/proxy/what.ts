/** What is asked of every proxy. Sizes in bytes. */
export const SMALL_BYTES = 1024;
export const LARGE_BYTES = 512 * 2 ** 20;
export const LARGE_PATH = "/large";
/** Clients at a time: as many connections of a browser's pages. */
export const CONNECTIONS = 16;
export const REQUESTS_SECONDS = 4;
export const TALKING_SOCKETS = 20;
/** Of all sockets together, each there and back. */
export const MESSAGES = 20_000;
export const IDLE_SOCKETS = 1_000;
