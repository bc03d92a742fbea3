/** Somebody who reloads Jupyter through the proxy all the time, and notices every failure. */
import { until } from "../poll.ts";

/** Longer than any request may be held. */
const REQUEST_MS = 35_000;

export class ProxyUser {
  /** Every answer that was not 200, and every error. */
  readonly failures: string[] = [];
  served = 0;
  private stopped = false;
  private readonly loop: Promise<void>;

  private constructor(private readonly url: URL) {
    this.loop = this.run();
  }

  static start(jupyterUrl: string): ProxyUser {
    const url = new URL(jupyterUrl);
    url.pathname = "/api/status";
    return new ProxyUser(url);
  }

  /** Resolves when `count` more requests were answered with 200. */
  async untilServed(count: number): Promise<void> {
    const goal = this.served + count;
    await until(`${count} more requests are served`, () => this.served >= goal, 2 * REQUEST_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        const response = await fetch(this.url, { signal: AbortSignal.timeout(REQUEST_MS) });
        await response.text();
        if (response.status === 200) this.served += 1;
        else this.failures.push(`status ${response.status}`);
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }
}
