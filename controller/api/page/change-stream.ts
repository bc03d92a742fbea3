/**
 * The one stream of all pages: server-sent events (WHATWG HTML, 9.2). What changes is looked for and
 * written as text once, however many pages are open; while none is, nothing is done but the samples.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { clusterKey } from "../../model/ids.ts";
import {
  type PageController,
  type PageFrames,
  type Readings,
  SAMPLE_MS,
  SAMPLES_MAX,
  type Sample,
} from "../../model/page-stream.ts";
import type { Clock, Logger, PublishedChange, PublishedClusters } from "../../model/ports.ts";
import type { ApiExchange } from "../exchange.ts";
import { LIMITS } from "../limits.ts";
import { StatusError } from "../status-error.ts";
import { ClusterParts } from "./cluster-parts.ts";

/** Publications that come together are told together. Milliseconds. */
const TOGETHER_MS = 50;
/** Frames from which a page that was away for a moment goes on. */
const FRAMES_MAX = 256;
/** After which a browser tries again. Milliseconds. */
const RETRY_MS = 1_000;

export interface ChangeStreamParts {
  readonly published: PublishedClusters;
  readonly controller: () => Promise<PageController>;
  /** By `namespace/name`. */
  readonly readings: () => ReadonlyMap<string, Readings>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ChangeStream {
  private readonly pages = new Set<ServerResponse>();
  private readonly parts = new Map<string, ClusterParts>();
  private readonly changed = new Set<string>();
  private readonly samples: Sample[] = [];
  /** Of this process: another one's numbers mean nothing here. */
  private readonly epoch = randomBytes(6).toString("base64url");
  private frames: { readonly id: number; readonly bytes: Buffer }[] = [];
  private lastId = 0;
  /** Of `lastId`; null: not asked for since. */
  private state: Buffer | null = null;
  private controllerText = "";
  private readonly stops: (() => void)[];
  private stopFlush: (() => void) | null = null;
  private stopSampling: () => void;

  constructor(private readonly options: ChangeStreamParts) {
    this.stops = [options.published.subscribe((change) => this.note(change))];
    this.stopSampling = options.clock.after(SAMPLE_MS, () => this.sample());
  }

  /** @throws StatusError TooManyRequests */
  async open({ request, response }: ApiExchange): Promise<void> {
    if (this.pages.size >= LIMITS.pagesMax) {
      const message = `There are ${LIMITS.pagesMax} pages open already.`;
      throw new StatusError("TooManyRequests", message, { headers: { "Retry-After": "5" } });
    }
    const controller = await this.options.controller();
    if (response.destroyed) return;
    response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    if (this.pages.size === 0) this.begin();
    // What comes is added to what it gets now, so nothing may wait.
    this.flush();
    response.write(`retry: ${RETRY_MS}\n\n`);
    for (const bytes of this.missedBy(request.headers["last-event-id"]) ?? [
      this.stateNow(controller),
    ]) {
      response.write(bytes);
    }
    this.pages.add(response);
    response.once("close", () => this.pages.delete(response));
  }

  get size(): number {
    return this.pages.size;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.stopSampling();
    this.stopFlush?.();
    for (const page of this.pages) page.end();
  }

  /** The first page after a time without: what was told to others is no base any more. */
  private begin(): void {
    const { published } = this.options;
    this.frames = [];
    this.lastId += 1;
    this.state = null;
    this.changed.clear();
    this.parts.clear();
    for (const object of published.list()) {
      const key = clusterKey(object.metadata);
      this.parts.set(key, new ClusterParts(key, object, published.events(key)));
    }
  }

  private note({ object }: PublishedChange): void {
    if (this.pages.size === 0) return;
    this.changed.add(clusterKey(object.metadata));
    this.stopFlush ??= this.options.clock.after(TOGETHER_MS, () => this.flush());
  }

  private flush(): void {
    this.stopFlush?.();
    this.stopFlush = null;
    const { published } = this.options;
    for (const key of this.changed) {
      const object = published.get(key);
      if (object === undefined) {
        if (this.parts.delete(key)) this.send("gone", { key });
        continue;
      }
      const events = published.events(key);
      const parts = this.parts.get(key);
      if (parts === undefined) this.parts.set(key, new ClusterParts(key, object, events));
      const change = parts?.changeTo(object, events) ?? null;
      if (change !== null) this.send("cluster", change);
      if (parts === undefined) this.send("cluster", wholeOf(key, object, events));
    }
    this.changed.clear();
  }

  private send<T extends keyof PageFrames>(type: T, data: PageFrames[T]): void {
    this.lastId += 1;
    this.state = null;
    const bytes = this.frame(type, data);
    this.frames.push({ id: this.lastId, bytes });
    if (this.frames.length > FRAMES_MAX) this.frames.shift();
    for (const page of this.pages) {
      // One that does not read costs itself, and gets everything when it comes again.
      if (page.writableLength > LIMITS.watchBehindMax) page.destroy();
      else page.write(bytes);
    }
  }

  private frame<T extends keyof PageFrames>(type: T, data: PageFrames[T]): Buffer {
    const text = JSON.stringify(data);
    return Buffer.from(`id: ${this.epoch}-${this.lastId}\nevent: ${type}\ndata: ${text}\n\n`);
  }

  /** Null: it has to begin anew. */
  private missedBy(lastEventId: string | string[] | undefined): readonly Buffer[] | null {
    const [, epoch, id] = /^(.+)-(\d+)$/.exec(String(lastEventId ?? "")) ?? [];
    const oldest = this.frames[0]?.id ?? this.lastId + 1;
    if (epoch !== this.epoch || Number(id) < oldest - 1 || Number(id) > this.lastId) return null;
    return this.frames.filter((frame) => frame.id > Number(id)).map(({ bytes }) => bytes);
  }

  private stateNow(controller: PageController): Buffer {
    const { published } = this.options;
    this.state ??= this.frame("state", {
      controller,
      clusters: published.list().map((object) => {
        return { object, events: published.events(clusterKey(object.metadata)) };
      }),
      samples: this.samples,
    });
    return this.state;
  }

  private sample(): void {
    const { clock, readings, log } = this.options;
    this.stopSampling = clock.after(SAMPLE_MS, () => this.sample());
    const sample = { at: clock.now(), clusters: Object.fromEntries(readings()) };
    this.samples.push(sample);
    if (this.samples.length > SAMPLES_MAX) this.samples.shift();
    if (this.pages.size === 0) return;
    // It also keeps the connection from being taken for a dead one.
    this.send("sample", sample);
    this.tellController().catch((error: unknown) =>
      log.warn({ err: error }, "pages were not told of the controllers"),
    );
  }

  private async tellController(): Promise<void> {
    const controller = await this.options.controller();
    const text = JSON.stringify(controller);
    if (text === this.controllerText) return;
    this.controllerText = text;
    this.send("controller", controller);
  }
}

function wholeOf(
  key: string,
  { metadata, spec, status }: NonNullable<ReturnType<PublishedClusters["get"]>>,
  events: ReturnType<PublishedClusters["events"]>,
): PageFrames["cluster"] {
  return { key, metadata, spec, status, gone: [], events, eventCount: events.length };
}
