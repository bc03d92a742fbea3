/** What a crowd of readers notices: requests at a steady pace, whoever answers them. */
import { Agent, request } from "undici";

const PER_SECOND = 50;
/** More than the proxy holds a request. */
const ANSWER_MS_MAX = 40_000;

export interface LoadResult {
  readonly requests: number;
  /** Answered with anything but 200, or not at all. */
  readonly failed: number;
  /** Milliseconds from asking to the last byte. */
  readonly longestMs: number;
}

export class Load {
  private readonly agent = new Agent({
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
  });
  private readonly pending = new Set<Promise<void>>();
  private readonly pace: NodeJS.Timeout;
  private requests = 0;
  private failed = 0;
  private longestMs = 0;

  /** @param url that may be asked for any number of times */
  constructor(private readonly url: string) {
    this.pace = setInterval(() => this.ask(), 1_000 / PER_SECOND);
  }

  /** Waits for those that are under way. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.pace);
    await Promise.all(this.pending);
    await this.agent.close();
    const { requests, failed, longestMs } = this;
    return { requests, failed, longestMs };
  }

  private ask(): void {
    const asked = this.once().finally(() => this.pending.delete(asked));
    this.pending.add(asked);
  }

  private async once(): Promise<void> {
    const begun = performance.now();
    this.requests += 1;
    try {
      const { statusCode, body } = await request(this.url, { dispatcher: this.agent });
      await body.dump();
      if (statusCode !== 200) this.failed += 1;
    } catch {
      this.failed += 1;
    }
    this.longestMs = Math.max(this.longestMs, performance.now() - begun);
  }
}
