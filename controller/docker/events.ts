/**
 * The engine's events for containers of JupyterClusters. They only wake loops; what is true is
 * read elsewhere. After an interruption the stream goes on where it broke off.
 */
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { messageOf } from "../model/errors.ts";
import { LABELS } from "../model/ids.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { LineSplitter } from "../support/line-splitter.ts";
import { LOOK_MS } from "./docker-calls.ts";
import type { Labels } from "./labels.ts";

const ACTIONS = ["start", "die", "destroy"] as const;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
const LINE_BYTES_MAX = 256 * 1024;

export interface ContainerEvent {
  readonly action: (typeof ACTIONS)[number];
  readonly containerId: string;
  readonly containerName: string;
  readonly labels: Labels;
  /** Only of `die`. */
  readonly exitCode: number | null;
  /** Milliseconds since the epoch, by the engine's clock. */
  readonly at: number;
}

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
  private stream: Readable | null = null;
  private abort: AbortController | null = null;
  private cancelRetry: (() => void) | null = null;
  private retryMs = RETRY_MS_MIN;
  private connected = false;
  private stopped = false;
  /** Seconds of the engine's clock; null before the first event. */
  private lastSeen: number | null = null;

  constructor(private readonly options: DockerEventsOptions) {}

  /** Connects in the background, again and again until `stop`. */
  start(): void {
    if (this.stream !== null || this.cancelRetry !== null) throw new Error("already started");
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.abort?.abort();
    this.stream?.destroy();
    this.stream = null;
  }

  private async connect(): Promise<void> {
    this.cancelRetry = null;
    try {
      const stream = await this.open();
      if (this.stopped) {
        stream.destroy();
        return;
      }
      this.stream = stream;
      this.follow(stream);
    } catch (error) {
      this.retry(messageOf(error));
    }
  }

  /** The deadline is for the headers only; the abort at `stop` is for all of it. */
  private async open(): Promise<Readable> {
    const filters = { type: ["container"], event: [...ACTIONS], label: [LABELS.cluster] };
    const since = this.lastSeen === null ? {} : { since: this.lastSeen };
    const abort = new AbortController();
    this.abort = abort;
    const cancel = this.options.clock.after(LOOK_MS, () => abort.abort());
    try {
      const options = { filters, ...since, abortSignal: abort.signal };
      const { docker } = this.options;
      return (await docker.getEvents(options as Docker.GetEventsOptions)) as Readable;
    } finally {
      cancel();
    }
  }

  private follow(stream: Readable): void {
    const splitter = new LineSplitter("Docker events", LINE_BYTES_MAX);
    let reason = "the engine closed the stream";
    stream.on("data", (chunk: Buffer) => {
      try {
        for (const line of splitter.push(chunk)) this.take(line);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.on("error", (error) => {
      reason = messageOf(error);
    });
    stream.once("close", () => {
      this.stream = null;
      if (!this.stopped) this.retry(reason);
    });
    this.retryMs = RETRY_MS_MIN;
    this.setConnected(true);
  }

  private take(line: string): void {
    const event = parseEvent(line);
    if (event === null) {
      this.options.log.warn({ line: line.slice(0, 200) }, "Docker event not understood");
      return;
    }
    this.lastSeen = Math.floor(event.at / 1000);
    this.options.onEvent(event);
  }

  private retry(reason: string): void {
    if (this.stopped) return;
    const { clock, log } = this.options;
    log.warn({ reason, retryMs: this.retryMs }, "Docker events interrupted");
    this.setConnected(false);
    this.cancelRetry = clock.after(this.retryMs, () => void this.connect());
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
  }

  private setConnected(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.options.onState(connected);
  }
}

/** One line of `GET /events`; null when it is not of the kind that was asked for. */
export function parseEvent(line: string): ContainerEvent | null {
  let raw: RawEvent | null;
  try {
    raw = JSON.parse(line) as RawEvent | null;
  } catch {
    return null;
  }
  const action = ACTIONS.find((known) => known === raw?.Action);
  const { ID: containerId, Attributes: attributes } = raw?.Actor ?? {};
  if (action === undefined || typeof containerId !== "string" || !isTextMap(attributes))
    return null;
  const { name, exitCode, ...labels } = attributes;
  return {
    action,
    containerId,
    containerName: name ?? "",
    labels,
    exitCode: action === "die" && exitCode !== undefined ? Number(exitCode) : null,
    at: Math.floor(Number(raw?.timeNano ?? 0) / 1e6),
  };
}

interface RawEvent {
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: unknown };
  readonly timeNano?: unknown;
}

function isTextMap(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((text) => typeof text === "string");
}
