/** Answers that go on: how many there are, and that all of them end with the server. */
import type { ServerResponse } from "node:http";
import { LIMITS } from "./limits.ts";
import { StatusError } from "./status-error.ts";

export class Streams {
  private readonly open = new Set<ServerResponse>();

  /** @throws StatusError TooManyRequests */
  add(response: ServerResponse): void {
    if (this.open.size >= LIMITS.streamsMax) {
      const message = `There are ${LIMITS.streamsMax} watches and followed logs already.`;
      throw new StatusError("TooManyRequests", message, { headers: { "Retry-After": "5" } });
    }
    this.open.add(response);
    response.once("close", () => this.open.delete(response));
  }

  get size(): number {
    return this.open.size;
  }

  endAll(): void {
    for (const response of this.open) response.end();
  }
}
