/** Reads the spec files whenever they change, and hands over one snapshot of all of them. */
import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import { REST_MS, Settling } from "./settling.ts";
import type { ManagedPlace } from "./managed-place.ts";
import { readSpecs, specsDigest, type SpecReading } from "./read-specs.ts";
import { isManifestName, lastChangedAt } from "./spec-digest.ts";

/** After the last file event, so that a save in several steps is read once. */
const DEBOUNCE_MS = 50;
/** A file that is written all the time is read all the same. */
const DEBOUNCE_MS_MAX = 1_000;
/** Not every change has an event: symlinks that are swapped, network file systems. */
const RESYNC_MS = 3_000;
/** A start waits so long for files that never rest. */
const START_MS_MAX = 10_000;

export interface SpecWatcherOptions {
  /** Spec file, or directory with spec files. */
  readonly path: string;
  /** Of those that the API writes: read with the others, after {@link SpecWatcher.readNow} and at intervals. */
  readonly managed: ManagedPlace | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the first snapshot and with each that differs from the one before. */
  onSnapshot(snapshot: SpecSnapshot): void;
}

export class SpecWatcher {
  private readonly settling: Settling;
  private watcher: FSWatcher | null = null;
  private digest = "";
  private delivered = "";
  private reading: Promise<void> | null = null;
  private dirtySince: number | null = null;
  private cancelDebounce: (() => void) | null = null;
  private cancelResync: (() => void) | null = null;
  private cancelDue: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly options: SpecWatcherOptions) {
    const { managed } = options;
    this.settling = new Settling((file) => managed?.owns(file) === true);
  }

  /**
   * Resolves when the first snapshot was handed over.
   *
   * @throws OperationError ERR_SPEC_MISSING when the path is not there or cannot be listed
   */
  async start(): Promise<void> {
    if (this.watcher !== null) throw new Error("already started");
    // Watched first, read then: a change between the two is not lost.
    this.watcher = this.watch();
    try {
      await this.firstReading();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.resyncLater();
  }

  /** Resolves when what the files say now was handed over. */
  async readNow(): Promise<void> {
    while (this.reading !== null) await this.reading;
    await this.read(true);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelDebounce?.();
    this.cancelResync?.();
    this.cancelDue?.();
    await this.watcher?.close();
  }

  private async firstReading(): Promise<void> {
    const { path, managed } = this.options;
    await this.untilRested();
    const isForeign = (file: string) => managed?.owns(file) !== true;
    let raw = await readSpecs(path, managed);
    if (!raw.files.some(isForeign)) {
      await this.pause(REST_MS);
      this.digest = await specsDigest(path, managed);
      raw = await readSpecs(path, managed);
    }
    const isMissing = !raw.files.some(isForeign) && !isThere(path);
    if (!raw.ownComplete || isMissing) throw missing(path, raw);
    if (!this.stopped) this.deliver(raw);
  }

  /** A start may fall into the moment of a save, just as any later reading. */
  private async untilRested(): Promise<void> {
    const { path, managed, clock, log } = this.options;
    const startedAt = clock.now();
    for (;;) {
      const digest = await specsDigest(path, managed);
      if (digest === this.digest) return;
      this.digest = digest;
      const restMs = (await lastChangedAt(path)) + REST_MS - clock.now();
      if (restMs <= 0) return;
      if (clock.now() - startedAt >= START_MS_MAX) {
        log.warn({ path }, "the spec files do not rest; they are taken as they stand");
        return;
      }
      await this.pause(Math.min(restMs, REST_MS));
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => void this.options.clock.after(ms, done));
  }

  private watch(): FSWatcher {
    const path = resolve(this.options.path);
    const directory = isDirectory(path) ? path : dirname(path);
    const wanted = (candidate: string) =>
      directory === path ? isManifestName(basename(candidate)) : resolve(candidate) === path;
    const watcher = watch(directory, {
      depth: 0,
      ignoreInitial: true,
      // An editor's unlink and rename are both told; what they mean is decided here.
      atomic: false,
      ignored: (candidate) => resolve(candidate) !== directory && !wanted(candidate),
    });
    // Raw ones too: of a file that is unlinked and renamed into place again quickly, chokidar tells
    // neither.
    watcher.on("all", () => this.touched());
    watcher.on("raw", () => this.touched());
    watcher.on("error", (error) => {
      const facts = { path, error: messageOf(error) };
      this.options.log.warn(facts, "spec files cannot be watched, read at intervals only");
    });
    return watcher;
  }

  private touched(): void {
    if (this.stopped) return;
    const now = this.options.clock.now();
    this.dirtySince ??= now;
    const latest = this.dirtySince + DEBOUNCE_MS_MAX;
    const delay = Math.max(0, Math.min(DEBOUNCE_MS, latest - now));
    this.cancelDebounce?.();
    this.cancelDebounce = this.options.clock.after(delay, () => void this.read());
  }

  private resyncLater(): void {
    if (this.stopped) return;
    this.cancelResync = this.options.clock.after(RESYNC_MS, () => {
      void this.resync().finally(() => this.resyncLater());
    });
  }

  private async resync(): Promise<void> {
    const { path, managed } = this.options;
    if ((await specsDigest(path, managed)) !== this.digest) this.touched();
  }

  /** @param always even when no content differs: something has rested by now */
  private async read(always = false): Promise<void> {
    if (this.reading !== null) {
      if (always) this.readWhenDue(DEBOUNCE_MS);
      else this.touched();
      return;
    }
    this.reading = this.readOnce(always);
    try {
      await this.reading;
    } finally {
      this.reading = null;
    }
  }

  private async readOnce(always: boolean): Promise<void> {
    const { path, managed } = this.options;
    this.dirtySince = null;
    // The digest before the content: what changes in between differs from it at the next resync.
    const digest = await specsDigest(path, managed);
    if (digest === this.digest && !always) return;
    this.digest = digest;
    const raw = await readSpecs(path, managed);
    if (!this.stopped) this.deliver(raw);
  }

  private deliver(raw: SpecReading): void {
    const now = this.options.clock.now();
    const { snapshot, againAt } = this.settling.apply(raw, now);
    this.cancelDue?.();
    this.cancelDue = null;
    if (againAt !== null) this.readWhenDue(Math.max(0, againAt - now));
    const { clusters, problems, files, complete } = snapshot;
    const text = JSON.stringify([[...clusters], [...problems], [...files], complete]);
    if (text === this.delivered) return;
    this.delivered = text;
    this.options.onSnapshot(snapshot);
  }

  private readWhenDue(delayMs: number): void {
    this.cancelDue?.();
    this.cancelDue = this.options.clock.after(delayMs, () => void this.read(true));
  }
}

function missing(path: string, raw: SpecReading): OperationError {
  const [first] = raw.problems;
  const message = `${path}: ${first?.message ?? "There are no spec files."}`;
  return new OperationError(ERROR_CODES.SPEC_MISSING, "read the spec files", message);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
