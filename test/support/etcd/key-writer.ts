/**
 * Puts numbered keys through etcd all the time, to whichever member answers, and proves in the end
 * that no acknowledged write was lost.
 *
 *     const writer = await KeyWriter.start({ run: "kill-leader", endpoints });
 *     …                       // whatever is to be survived
 *     await writer.stop();
 *     expect((await writer.verify()).violations).toEqual([]);
 *     await writer.close();
 */
import { setTimeout as delay } from "node:timers/promises";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { until } from "../poll.ts";
import { type KeyValue, KvGateway, NotSentError } from "./kv-gateway.ts";
import {
  longestGapMs,
  type Restored,
  type StoredKey,
  type Verification,
  verifyWrites,
  type Write,
} from "./write-log.ts";

export interface KeyWriterOptions {
  /** Part of the keys: `/writer/<run>/00000001` is "1". */
  readonly run: string;
  /**
   * Client URLs of the members as they are known now, within seconds. May fail: the last known
   * ones are kept then.
   */
  readonly endpoints: () => Promise<readonly string[]>;
  /** Left out: the members speak without TLS. */
  readonly identity?: TlsIdentity | null;
  /** Puts under way at a time. */
  readonly inFlight?: number;
  /** Least time from one put to the next of a lane. */
  readonly everyMs?: number;
}

export interface WriterReport extends Verification {
  /** From the start to the stop. */
  readonly longestGapMs: number;
  /** Why outcomes are unknown, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

const EVERY_MS = 20;
/** After a failure: no member is hammered, and numbers are not used up in a tight loop. */
const PAUSE_MS = 50;
const REFRESH_MS = 500;
const READ_MS = 60_000;

export class KeyWriter {
  private readonly gateway: KvGateway;
  private readonly writes: Write[] = [];
  private readonly startedMs = performance.now();
  private endedMs: number | null = null;
  private urls: readonly string[] = [];
  private at = 0;
  private last = 0;
  private count = 0;
  private stopped = false;
  private work: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: KeyWriterOptions) {
    this.gateway = new KvGateway(options.identity ?? null);
  }

  /** Resolves when the first write was acknowledged. */
  static async start(options: KeyWriterOptions): Promise<KeyWriter> {
    if (!/^[\w.-]+$/.test(options.run)) throw new Error(`not a name for a run: ${options.run}`);
    const writer = new KeyWriter(options);
    await until("etcd's endpoints are known", async () => {
      writer.urls = await options.endpoints();
      return writer.urls.length > 0;
    });
    const lanes = Array.from({ length: options.inFlight ?? 1 }, () => writer.lane());
    writer.work = Promise.all([writer.refresh(), ...lanes]);
    await writer.untilAcknowledged(1);
    return writer;
  }

  /** How many writes were acknowledged until now. */
  get acknowledged(): number {
    return this.count;
  }

  /** Resolves when `more` further writes were acknowledged. */
  async untilAcknowledged(more: number, timeoutMs = 60_000): Promise<void> {
    const goal = this.count + more;
    await until(`${more} more writes are acknowledged`, () => this.count >= goal, timeoutMs);
  }

  /** Resolves when no put is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
    this.endedMs ??= performance.now();
  }

  /** Reads all keys back and compares. To be called after {@link stop}. */
  async verify(restored: Restored | null = null): Promise<WriterReport> {
    if (this.endedMs === null) throw new Error("the writer still writes");
    const stored = await this.stored();
    return {
      ...verifyWrites(this.writes, stored, restored),
      longestGapMs: Math.round(longestGapMs(this.writes, this.startedMs, this.endedMs)),
      reasons: this.reasons(),
    };
  }

  async close(): Promise<void> {
    await this.stop();
    await this.gateway.close();
  }

  private get prefix(): string {
    return `/writer/${this.options.run}/`;
  }

  private async lane(): Promise<void> {
    const everyMs = this.options.everyMs ?? EVERY_MS;
    while (!this.stopped) {
      const next = performance.now() + everyMs;
      await this.write(++this.last);
      await delay(Math.max(0, next - performance.now()));
    }
  }

  /** One number, sent once: it is tried elsewhere only while it is certain that it was not sent. */
  private async write(number: number): Promise<void> {
    const key = `${this.prefix}${String(number).padStart(8, "0")}`;
    while (!this.stopped) {
      const url = this.urls[this.at % this.urls.length] as string;
      try {
        const { revision } = await this.gateway.put(url, key, String(number));
        const outcome = { kind: "acknowledged", revision, atMs: performance.now() } as const;
        this.writes.push({ number, outcome });
        this.count += 1;
        return;
      } catch (error) {
        this.leave(url);
        if (!(error instanceof NotSentError)) {
          this.writes.push({ number, outcome: { kind: "unknown", why: String(error) } });
          await delay(PAUSE_MS);
          return;
        }
      }
      await delay(PAUSE_MS);
    }
  }

  /** The next member's turn, unless another lane has moved on already. */
  private leave(url: string): void {
    if (this.urls[this.at % this.urls.length] === url) this.at += 1;
  }

  private async refresh(): Promise<void> {
    while (!this.stopped) {
      await this.askEndpoints();
      await delay(REFRESH_MS);
    }
  }

  private async askEndpoints(): Promise<void> {
    // The controller may be down; etcd's members are where they were.
    const urls = await this.options.endpoints().catch(() => this.urls);
    if (urls.length === 0) return;
    const current = this.urls[this.at % this.urls.length] ?? "";
    this.urls = urls;
    this.at = Math.max(0, urls.indexOf(current));
  }

  private async stored(): Promise<Map<number, StoredKey>> {
    const read = async () => {
      const url = this.urls[this.at % this.urls.length] as string;
      try {
        return await this.gateway.list(url, this.prefix);
      } catch (error) {
        this.leave(url);
        await this.askEndpoints();
        throw error;
      }
    };
    const found: readonly KeyValue[] = await until("the keys are read back", read, READ_MS);
    return new Map(
      found.map(({ key, value, modRevision }) => [
        Number(key.slice(this.prefix.length)),
        { value, modRevision },
      ]),
    );
  }

  private reasons(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { outcome } of this.writes) {
      if (outcome.kind === "unknown") counts[outcome.why] = (counts[outcome.why] ?? 0) + 1;
    }
    return counts;
  }
}
