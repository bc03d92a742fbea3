/**
 * Holds the connection to one Docker engine: the event stream, reopened with backoff, and a ping
 * against an engine that hangs. Its agents count as connected while it stands.
 */
import { messageOf } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import type { ContainerEnd, DockerEngine, Watch } from "./docker-engine.ts";

const RETRY: Backoff = { firstMs: 100, capMs: 5_000 };
const PING_MS = 15_000;

export interface LinkTarget {
  ended(end: ContainerEnd): void;
  /** The stream is open: compare with what is there. The link stands when it is through. */
  synchronize(): Promise<void>;
  connected(): void;
  /** @param heardAt when the engine last answered, ms since the epoch */
  disconnected(heardAt: number): void;
}

export class DockerLink {
  private watch: Watch | null = null;
  private isUp = false;
  private isStopped = false;
  /** Counts the attempts to connect, so that a late answer of an old one is told apart. */
  private attempt = 0;
  /** Losses in a row. */
  private failures = 0;
  /** While it stands: the last answer to a ping. Milliseconds since the epoch. */
  private heardAt = 0;
  private cancelTimer: () => void = () => undefined;
  /** Why there is no connection; null while there is one. */
  private problem: string | null = "not connected yet";

  constructor(
    private readonly engine: DockerEngine,
    private readonly target: LinkTarget,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  get isConnected(): boolean {
    return this.isUp;
  }

  get lastProblem(): string | null {
    return this.problem;
  }

  /** Resolves after the first attempt, whatever came of it. It is repeated until `stop`. */
  async connect(): Promise<void> {
    this.attempt += 1;
    const attempt = this.attempt;
    const isCurrent = () => !this.isStopped && attempt === this.attempt;
    try {
      const watch = await this.engine.watchEnds(
        (end) => this.target.ended(end),
        (why) => {
          if (isCurrent()) this.lost(why, this.clock.now());
        },
      );
      if (!isCurrent()) return watch.close();
      this.watch = watch;
      await this.target.synchronize();
      if (!isCurrent()) return;
      this.up();
    } catch (error) {
      if (isCurrent()) this.lost(messageOf(error), this.clock.now());
    }
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer();
    this.watch?.close();
  }

  private up(): void {
    this.isUp = true;
    this.problem = null;
    this.failures = 0;
    this.heardAt = this.clock.now();
    this.log.info({}, "connected to Docker");
    this.target.connected();
    this.pingLater();
  }

  private lost(why: string, heardAt: number): void {
    const wasUp = this.isUp;
    this.attempt += 1;
    this.isUp = false;
    this.watch?.close();
    this.watch = null;
    if (wasUp || this.problem !== why) {
      this.log.warn({ error: why }, "no connection to Docker, agents are disconnected");
    }
    this.problem = why;
    if (wasUp) this.target.disconnected(heardAt);
    this.cancelTimer();
    this.failures += 1;
    this.cancelTimer = this.clock.after(
      delayAfter(RETRY, this.failures),
      () => void this.connect(),
    );
  }

  private pingLater(): void {
    const attempt = this.attempt;
    this.cancelTimer = this.clock.after(PING_MS, () => {
      this.engine.ping().then(
        () => {
          if (this.isStopped || attempt !== this.attempt) return;
          this.heardAt = this.clock.now();
          this.pingLater();
        },
        (error: unknown) => {
          if (this.isStopped || attempt !== this.attempt) return;
          this.lost(messageOf(error), this.heardAt);
        },
      );
    });
  }
}
