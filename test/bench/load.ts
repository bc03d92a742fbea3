/** What a crowd of readers notices: requests at a steady pace, whoever answers them. */
import { Agent, request } from "undici";
import { messageOf } from "../../controller/model/errors.ts";

const PER_SECOND = 50;
/** More than the proxy holds a request. */
const ANSWER_MS_MAX = 40_000;

export interface LoadResult {
  readonly requests: number;
  /** Answered with anything but 200, or not at all. */
  readonly failed: number;
  /** Each way in which one failed, once. */
  readonly failures: ReadonlySet<string>;
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
  private readonly failures = new Set<string>();
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
    const { requests, failed, failures, longestMs } = this;
    return { requests, failed, failures, longestMs };
  }

  private ask(): void {
    const asked = this.once().finally(() => this.pending.delete(asked));
    this.pending.add(asked);
  }

  private fail(how: string): void {
    this.failed += 1;
    this.failures.add(how);
  }

  private async once(): Promise<void> {
    const begun = performance.now();
    this.requests += 1;
    try {
      const { statusCode, body } = await request(this.url, { dispatcher: this.agent });
      const text = await body.text();
      if (statusCode !== 200) this.fail(`${statusCode} ${text}`);
    } catch (error) {
      this.fail(messageOf(error));
    }
    this.longestMs = Math.max(this.longestMs, performance.now() - begun);
  }
}

/** Of several loads together, for the table; how requests failed goes to the standard error. */
export function said(loads: readonly LoadResult[]): string {
  for (const how of new Set(loads.flatMap(({ failures }) => [...failures]))) {
    console.error(`a request failed: ${how}`);
  }
  const count = (of: (load: LoadResult) => number) => loads.reduce((sum, l) => sum + of(l), 0);
  return `${count((l) => l.failed)} of ${count((l) => l.requests)} requests failed`;
}
