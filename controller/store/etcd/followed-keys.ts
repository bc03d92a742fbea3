/**
 * All keys of a range as they are, kept up by a watch: listed once, then changed by what is told.
 * Whatever ends the watch begins it anew on the next server from where it was; when what came
 * meanwhile is forgotten there (compaction), or etcd itself went back (a restore), all is listed
 * anew. A server that is connected and silent is found by asking it for a sign of life.
 */
import { messageOf, OperationError } from "../../model/errors.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import { pause } from "../../support/pause.ts";
import type { ViewFreshness } from "../state-backend.ts";
import type { LeaseTime } from "./held-lease.ts";
import { listAll } from "./list-all.ts";
import type { StoreCalls } from "./store-calls.ts";
import {
  type KeyChange,
  type KeyRange,
  type StoredKey,
  StoreEtcdError,
  type WatchEnd,
} from "./store-etcd.ts";

/** Milliseconds between two questions for a sign of life. */
const PROBE_MS = 2_000;
/** Milliseconds of silence after which the next server is tried. */
const SILENCE_MS_MAX = 5_000;
const AGAIN: Backoff = { firstMs: 50, capMs: 1_000 };

export interface FollowedKeysOptions {
  readonly calls: StoreCalls;
  readonly range: KeyRange;
  readonly time: LeaseTime;
  readonly onChange: (keys: ReadonlyMap<string, StoredKey>) => void;
}

export class FollowedKeys {
  private keys: Map<string, StoredKey> | null = null;
  /** Up to which all changes are in `keys`. */
  private revision = 0;
  private aliveAt: number | null = null;
  private why = "the store has not answered yet";
  private readonly stopped = new AbortController();

  constructor(private readonly options: FollowedKeysOptions) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped.abort();
  }

  freshness(): ViewFreshness {
    const { aliveAt } = this;
    const silentMs = aliveAt === null ? Infinity : this.options.time.monotonicMs() - aliveAt;
    if (silentMs <= SILENCE_MS_MAX) return { isFresh: true };
    return { isFresh: false, reason: this.why };
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    for (let failures = 0; !signal.aborted; ) {
      const before = this.aliveAt;
      // The one that has just answered; the next one when streams of that one show no life.
      const end = await this.follow(Math.max(0, failures - 1));
      if (signal.aborted) return;
      if (end.kind === "compacted") this.keys = null;
      else this.why = end.reason;
      failures = this.aliveAt === before ? failures + 1 : 1;
      await pause(this.options.time.clock, delayAfter(AGAIN, failures), signal);
    }
  }

  private async follow(turn: number): Promise<WatchEnd> {
    try {
      await this.catchUp();
    } catch (error) {
      if (error instanceof OperationError) return { kind: "lost", reason: messageOf(error) };
      if (!(error instanceof StoreEtcdError)) throw error;
      return { kind: "compacted", reason: error.message };
    }
    return this.stopped.signal.aborted ? STOPPED : this.watch(turn);
  }

  /** Also finds out whether etcd went back, and renews what we are let in with. */
  private async catchUp(): Promise<void> {
    const { calls, range } = this.options;
    if (this.keys !== null) {
      const options = { limit: 1, revision: null };
      const now = await calls.call("look at the store", (server, timeoutMs) =>
        server.range(range, options, timeoutMs),
      );
      if (now.revision >= this.revision) return;
    }
    const listed = await listAll(calls, range);
    this.keys = new Map(listed.keys.map((stored) => [stored.key, stored]));
    this.revision = listed.revision;
    this.tell();
  }

  private watch(turn: number): Promise<WatchEnd> {
    const { calls, range, time } = this.options;
    const { signal } = this.stopped;
    return new Promise((resolve) => {
      let heardAt = time.monotonicMs();
      const end = (how: WatchEnd) => {
        watch.cancel();
        cancelProbe();
        signal.removeEventListener("abort", onStop);
        resolve(how);
      };
      const onStop = () => end(STOPPED);
      const heard = () => {
        heardAt = time.monotonicMs();
        this.aliveAt = heardAt;
      };
      const probe = () => {
        if (time.monotonicMs() - heardAt > SILENCE_MS_MAX) {
          end({ kind: "lost", reason: "the store is silent" });
          return;
        }
        watch.probe();
        cancelProbe = time.clock.after(PROBE_MS, probe);
      };
      let cancelProbe = time.clock.after(PROBE_MS, probe);
      const watch = calls.server(turn).watch(range, this.revision + 1, {
        onAlive: heard,
        onChanges: (changes) => {
          heard();
          this.take(changes);
        },
        onEnd: end,
      });
      signal.addEventListener("abort", onStop);
    });
  }

  private take(changes: readonly KeyChange[]): void {
    const keys = this.keys;
    if (keys === null || this.stopped.signal.aborted) return;
    for (const change of changes) {
      if (change.type === "put") keys.set(change.stored.key, change.stored);
      else keys.delete(change.key);
      const at = change.type === "put" ? change.stored.modRevision : change.modRevision;
      this.revision = Math.max(this.revision, at);
    }
    this.tell();
  }

  private tell(): void {
    this.aliveAt = this.options.time.monotonicMs();
    if (this.keys !== null && !this.stopped.signal.aborted) this.options.onChange(this.keys);
  }
}

const STOPPED: WatchEnd = { kind: "lost", reason: "it was stopped" };
