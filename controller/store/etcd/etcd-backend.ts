/** An etcd of the site as the store of its controllers: see election.ts for who acts. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { clusterKey } from "../../model/ids.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import { pause } from "../../support/pause.ts";
import { isControlToken } from "../control-token.ts";
import { mastersOf } from "../records.ts";
import type {
  ControllerRecord,
  SiteView,
  SiteWatch,
  StateBackend,
  Term,
} from "../state-backend.ts";
import { Election, type Place } from "./election.ts";
import { EtcdTerm } from "./etcd-term.ts";
import { FencedWrites } from "./fenced-writes.ts";
import { FollowedKeys } from "./followed-keys.ts";
import { corruptKey, isIn, SiteKeys } from "./keys.ts";
import { listAll } from "./list-all.ts";
import { keepFormat, type Keys, requireReadableFormat, requireUsable } from "./format-key.ts";
import { moveMarkIn, statusIn, storedIn } from "./site-documents.ts";
import { queueIn, SiteViews, termNumber, whyNot } from "./site-view.ts";
import { StoreCalls } from "./store-calls.ts";
import type { StoreEtcd } from "./store-etcd.ts";

const AGAIN: Backoff = { firstMs: 100, capMs: 1_000 };

export interface EtcdBackendOptions {
  /** For people, without secrets. */
  readonly description: string;
  readonly prefix: string;
  readonly servers: readonly StoreEtcd[];
  readonly ttlSeconds: number;
  /**
   * The masters as the user said them: kept with the framework's id. Null: for one that registers with none, and
   * leaves what stands there.
   */
  readonly masters: string | null;
  /** Another controller may act: it is waited for. */
  readonly waits: boolean;
  readonly clock: Clock;
  /** See {@link LeaseTime}. */
  readonly monotonicMs: () => number;
  readonly log: Logger;
}

export class EtcdBackend implements StateBackend {
  readonly description: string;
  private readonly calls: StoreCalls;
  private readonly keys: SiteKeys;
  private readonly election: Election;
  private readonly closing = new AbortController();

  constructor(private readonly options: EtcdBackendOptions) {
    this.description = options.description;
    this.calls = new StoreCalls(options);
    this.keys = new SiteKeys(options.prefix);
    const { calls, keys } = this;
    this.election = new Election({ calls, keys, ttlSeconds: options.ttlSeconds, time: options });
  }

  problem(): OperationError | null {
    return this.calls.problem();
  }

  async campaign(me: ControllerRecord, signal: AbortSignal): Promise<Term> {
    const ended = AbortSignal.any([signal, this.closing.signal]);
    for (let failures = 0; ; ) {
      ended.throwIfAborted();
      try {
        const term = await this.tryOnce(me, ended);
        if (term !== null) return term;
        failures = 0;
      } catch (error) {
        if (!this.options.waits || !isPassing(error)) throw error;
        failures += 1;
        await pause(this.options.clock, delayAfter(AGAIN, failures), ended);
      }
    }
  }

  watch(onChange: (view: SiteView) => void): SiteWatch {
    const views = new SiteViews(this.keys);
    let why: string | null = null;
    const followed = this.follow((all) => {
      try {
        requireUsable(this.description, this.keys, all);
        const view = views.viewOf(all);
        why = null;
        onChange(view);
      } catch (error) {
        why = whyNot(error);
      }
    });
    const stop = () => followed.stop();
    this.closing.signal.addEventListener("abort", stop);
    return {
      freshness: () => (why === null ? followed.freshness() : { isFresh: false, reason: why }),
      stop,
    };
  }

  async standingBy(withinMs?: number): Promise<readonly ControllerRecord[]> {
    const { keys } = await listAll(this.calls, this.keys.controllers, withinMs);
    const waiting = queueIn(this.keys, keys).filter(({ actingSince }) => actingSince === null);
    return waiting.map(({ record }) => record);
  }

  /**
   * The API's token that all controllers of the site take: the first one's.
   *
   * @throws OperationError as {@link StoreCalls.call}, ERR_STATE_CORRUPT
   */
  async shareControlToken(own: string): Promise<string> {
    const key = this.keys.controlToken;
    const answer = await this.calls.call("share the control token", (server, timeoutMs) => {
      const writes = [{ key, value: own, lease: null }];
      const conditions = [{ key, createRevision: 0 }];
      return server.transact({ conditions, writes, elseRead: [key] }, timeoutMs);
    });
    const stored = answer.succeeded ? own : answer.read[0]?.value;
    if (!isControlToken(stored)) throw corruptKey(key, "it is no control token");
    return stored;
  }

  async close(): Promise<void> {
    this.closing.abort(new Error(`${this.description} was closed`));
    this.calls.close();
  }

  /** @returns null when the place in the queue was lost meanwhile */
  private async tryOnce(me: ControllerRecord, signal: AbortSignal): Promise<Term | null> {
    const { election } = this;
    requireUsable(this.description, this.keys, await this.listKeys());
    const place = await election.enter(me);
    try {
      if (this.options.waits) await election.waitForTurn(place, signal);
      else await election.requireFirst(place);
      const term = await this.begin(place);
      if (term !== null) return term;
    } catch (error) {
      await place.lease.release();
      throw error;
    }
    await place.lease.release();
    return null;
  }

  private async begin(place: Place): Promise<Term | null> {
    const { clock, log } = this.options;
    const { keys, calls } = this;
    const { lease, key, createRevision } = place;
    const all = await this.listKeys();
    requireUsable(this.description, keys, all);
    if (all.get(key)?.createRevision !== createRevision || !lease.isHeld()) return null;
    const stored = storedIn(keys, all);
    const writes = new FencedWrites(calls, lease, place);
    writes.know(all.values());
    const version = requireReadableFormat(this.description, keys, all);
    const format = await keepFormat(writes, keys, version, stored.memories);
    this.election.guard(place);
    await this.election.announce(place, new Date(clock.now()).toISOString());
    await forgetDeleted(writes, keys, all);
    const number = termNumber(moveMarkIn(keys, all), createRevision);
    const masters = this.options.masters ?? mastersOf(stored);
    return new EtcdTerm({ number, stored, keys, lease, writes, format, masters, clock, log });
  }

  private async listKeys(): Promise<Keys> {
    const { keys } = await listAll(this.calls, this.keys.all);
    return new Map(keys.map((stored) => [stored.key, stored]));
  }

  private follow(onChange: (all: Keys) => void): FollowedKeys {
    const { calls, options } = this;
    const followed = new FollowedKeys({ calls, range: this.keys.all, time: options, onChange });
    followed.start();
    return followed;
  }
}

/** What an earlier controller published of clusters that nobody remembers. */
async function forgetDeleted(writes: FencedWrites, keys: SiteKeys, all: Keys): Promise<void> {
  for (const stored of all.values()) {
    if (!isIn(keys.statuses, stored.key)) continue;
    const status = statusIn(keys, stored);
    const memory = status === null ? null : keys.memory(clusterKey(status.object.metadata));
    if (memory === null || !all.has(memory)) await writes.write(stored.key, null);
  }
}

/** It goes away by itself, or when the place in the queue is taken anew. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof OperationError)) return false;
  const { STATE_UNREACHABLE, STATE_UNWRITABLE, NOT_ACTING } = ERROR_CODES;
  return [STATE_UNREACHABLE, STATE_UNWRITABLE, NOT_ACTING].some((code) => code === error.code);
}
