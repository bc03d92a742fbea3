/**
 * The engine's events for containers of JupyterClusters. They only wake loops; what is true is
 * read elsewhere. After an interruption the stream goes on where it broke off.
 */
import type Docker from "dockerode";
import { messageOf } from "../model/errors.ts";
import { LABELS } from "../model/ids.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import { type ContainerEvent, watchContainers } from "./container-watch.ts";

const RETRY: Backoff = { firstMs: 100, capMs: 5_000 };

export interface DockerEventsOptions {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Logger;
  /** The same event may come twice after an interruption. */
  onEvent(event: ContainerEvent): void;
  /** False from when the stream broke until it stands again. */
  onState(connected: boolean): void;
}

export class DockerEvents {
  private readonly end = new AbortController();
  private started = false;
  private cancelRetry: () => void = () => undefined;
  /** Attempts in a row that came to nothing. */
  private failures = 0;
  private connected = false;
  /** Seconds of the engine's clock; null before the first event. */
  private lastSeen: number | null = null;

  constructor(private readonly options: DockerEventsOptions) {}

  /** Connects in the background, again and again until `stop`. */
  start(): void {
    if (this.started) throw new Error("already started");
    this.started = true;
    void this.connect();
  }

  stop(): void {
    this.cancelRetry();
    this.end.abort();
  }

  private async connect(): Promise<void> {
    const { signal } = this.end;
    try {
      await watchContainers(this.options.docker, {
        actions: ["start", "die", "destroy"],
        labels: [LABELS.cluster],
        ...(this.lastSeen === null ? {} : { since: this.lastSeen }),
        signal,
        onEvent: (event) => this.take(event),
        onClosed: (reason) => this.retry(reason),
      });
      if (signal.aborted) return;
      this.failures = 0;
      this.setConnected(true);
    } catch (error) {
      if (!signal.aborted) this.retry(messageOf(error));
    }
  }

  private take(event: ContainerEvent): void {
    this.lastSeen = Math.floor(event.at / 1000);
    this.options.onEvent(event);
  }

  private retry(reason: string): void {
    const { clock, log } = this.options;
    this.failures += 1;
    const retryMs = delayAfter(RETRY, this.failures);
    log.warn({ reason, retryMs }, "Docker events interrupted");
    this.setConnected(false);
    this.cancelRetry = clock.after(retryMs, () => void this.connect());
  }

  private setConnected(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.options.onState(connected);
  }
}
