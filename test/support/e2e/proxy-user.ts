/** Somebody who reloads Jupyter through the proxy all the time, and notices every failure. */
import { setTimeout as delay } from "node:timers/promises";
import { Agent, fetch } from "undici";
import { messageOf } from "../../../controller/model/errors.ts";
import { until } from "../poll.ts";

/** Longer than any request may be held. */
const REQUEST_MS = 35_000;
/** Nobody reloads faster than this after an error. */
const PAUSE_MS = 50;

export interface ProxyUserOptions {
  /** Asked after each failure: whether no request could have succeeded, as without a proxy. */
  readonly isExcused?: (failure: string, heldMs: number) => boolean;
}

export class ProxyUser {
  /** Every answer that was not 200, and every error. */
  readonly failures: string[] = [];
  /** Failures that were nobody's fault. */
  excused = 0;
  served = 0;
  /** Of those that were served. */
  longestMs = 0;
  private stopped = false;
  /** Of its own: a connection that an earlier user kept may be to a host that has lost its power since. */
  private readonly connections = new Agent();
  private readonly loop: Promise<void>;

  private constructor(
    private readonly url: URL,
    private readonly isExcused: (failure: string, heldMs: number) => boolean,
  ) {
    this.loop = this.run();
  }

  static start(jupyterUrl: string, options: ProxyUserOptions = {}): ProxyUser {
    const url = new URL(jupyterUrl);
    // Needs the token and nothing else; /api/status says 500 while a kernel starts or ends.
    url.pathname = "/api/me";
    return new ProxyUser(url, options.isExcused ?? (() => false));
  }

  /** Resolves when `count` more requests were answered with 200. */
  async untilServed(count: number): Promise<void> {
    const goal = this.served + count;
    await until(`${count} more requests are served`, () => this.served >= goal, 2 * REQUEST_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
    await this.connections.destroy();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const begun = performance.now();
      const failure = await this.request();
      const heldMs = performance.now() - begun;
      if (failure === null) {
        this.served += 1;
        this.longestMs = Math.max(this.longestMs, heldMs);
        continue;
      }
      if (this.isExcused(failure, heldMs)) this.excused += 1;
      else this.failures.push(failure);
      await delay(PAUSE_MS);
    }
  }

  /** @returns what went wrong */
  private async request(): Promise<string | null> {
    try {
      const signal = AbortSignal.timeout(REQUEST_MS);
      const response = await fetch(this.url, { signal, dispatcher: this.connections });
      const text = await response.text();
      return response.status === 200 ? null : `status ${response.status}: ${text.slice(0, 200)}`;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      return messageOf(error) + (cause === undefined ? "" : ` (${messageOf(cause)})`);
    }
  }
}
