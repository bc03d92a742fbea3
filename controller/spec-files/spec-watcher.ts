/** Reads the spec files whenever they change, and hands over one snapshot of all of them. */
import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { loadManifests, type ManifestReading } from "../../crd-schema/load.ts";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import { REST_MS, Settling } from "./settling.ts";
import { isManifestName, lastChangedAt, specDigest } from "./spec-digest.ts";

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
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the first snapshot and with each that differs from the one before. */
  onSnapshot(snapshot: SpecSnapshot): void;
}

export class SpecWatcher {
  private readonly settling = new Settling();
  private watcher: FSWatcher | null = null;
  private digest = "";
  private delivered = "";
  private reading = false;
  private dirtySince: number | null = null;
  private cancelDebounce: (() => void) | null = null;
  private cancelResync: (() => void) | null = null;
  private cancelDue: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly options: SpecWatcherOptions) {}

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

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelDebounce?.();
    this.cancelResync?.();
    this.cancelDue?.();
    await this.watcher?.close();
  }

  private async firstReading(): Promise<void> {
    const { path } = this.options;
    await this.untilRested();
    let raw = await loadManifests(path);
    if (raw.files.length === 0) {
      await this.pause(REST_MS);
      this.digest = await specDigest(path);
      raw = await loadManifests(path);
    }
    if (!raw.complete || (raw.files.length === 0 && !isThere(path))) throw missing(path, raw);
    if (!this.stopped) this.deliver(raw);
  }

  /** A start may fall into the moment of a save, just as any later reading. */
  private async untilRested(): Promise<void> {
    const { path, clock, log } = this.options;
    const startedAt = clock.now();
    for (;;) {
      const digest = await specDigest(path);
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
    if ((await specDigest(this.options.path)) !== this.digest) this.touched();
  }

  /** @param always even when no content differs: something has rested by now */
  private async read(always = false): Promise<void> {
    if (this.reading) {
      if (always) this.readWhenDue(DEBOUNCE_MS);
      else this.touched();
      return;
    }
    this.reading = true;
    this.dirtySince = null;
    try {
      // The digest before the content: what changes in between differs from it at the next resync.
      const digest = await specDigest(this.options.path);
      if (digest === this.digest && !always) return;
      this.digest = digest;
      const raw = await loadManifests(this.options.path);
      if (!this.stopped) this.deliver(raw);
    } finally {
      this.reading = false;
    }
  }

  private deliver(raw: ManifestReading): void {
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

function missing(path: string, raw: ManifestReading): OperationError {
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
