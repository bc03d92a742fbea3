/**
 * Who acts, as in etcd's election recipe (client/v3/concurrency/election.go): each controller has a
 * key under a lease of its own, and the one whose key was made first acts.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { sealJson } from "../../support/files/sealed-json.ts";
import type { ControllerRecord } from "../state-backend.ts";
import type { Fence } from "./fenced-writes.ts";
import { FollowedKeys } from "./followed-keys.ts";
import { HeldLease, type LeaseTime, notActing } from "./held-lease.ts";
import type { SiteKeys } from "./keys.ts";
import { listAll } from "./list-all.ts";
import { queueIn } from "./site-view.ts";
import type { StoreCalls } from "./store-calls.ts";
import type { StoredKey } from "./store-etcd.ts";

const PLACE_GONE = "the key by which it acts in the store is gone";

/** The key by which a controller waits, and then acts. */
export interface Place extends Fence {
  readonly lease: HeldLease;
  readonly me: ControllerRecord;
}

export interface ElectionOptions {
  readonly calls: StoreCalls;
  readonly keys: SiteKeys;
  readonly ttlSeconds: number;
  readonly time: LeaseTime;
}

export class Election {
  constructor(private readonly options: ElectionOptions) {}

  /** At the end of the queue. @throws OperationError as {@link StoreCalls.call} */
  async enter(me: ControllerRecord): Promise<Place> {
    const { calls, keys, ttlSeconds, time } = this.options;
    const lease = await HeldLease.grant(calls, ttlSeconds, time);
    const key = keys.controller(lease.id);
    const value = sealJson({ record: me, actingSince: null });
    try {
      const answer = await calls.call("campaign", (server, timeoutMs) => {
        const writes = [{ key, value, lease: lease.id }];
        const conditions = [{ key, createRevision: 0 }];
        return server.transact({ conditions, writes, elseRead: [key] }, timeoutMs);
      });
      // The key is of this lease alone: one that is there is of an earlier try.
      const createRevision = answer.succeeded ? answer.revision : answer.read[0]?.createRevision;
      return { lease, me, key, createRevision: createRevision ?? 0 };
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  /** @throws OperationError ERR_STATE_LOCKED naming who acts, when it is another */
  async requireFirst(place: Place): Promise<void> {
    const { calls, keys } = this.options;
    const queue = await listAll(calls, keys.controllers);
    if (!this.isFirst(place, queue.keys)) throw this.taken(queue.keys);
  }

  /**
   * Waits until it is first in the queue, or has lost its place.
   *
   * @throws the signal's reason
   */
  async waitForTurn(place: Place, signal: AbortSignal): Promise<void> {
    const { calls, keys, time } = this.options;
    const turn = new AbortController();
    const follow = new FollowedKeys({
      calls,
      range: keys.controllers,
      time,
      onChange: (all) => {
        if (!all.has(place.key)) place.lease.end(notActing(PLACE_GONE));
        else if (this.isFirst(place, all.values())) turn.abort();
      },
    });
    follow.start();
    await Promise.race([aborted(AbortSignal.any([turn.signal, signal])), place.lease.ended]);
    follow.stop();
    signal.throwIfAborted();
  }

  /**
   * The lease may live on without the key, which somebody has removed by hand: whoever acts is told
   * then, before a write would tell.
   */
  guard({ lease, key }: Place): void {
    const { calls, time } = this.options;
    const follow = new FollowedKeys({
      calls,
      range: { start: key, end: `${key}\0` },
      time,
      onChange: (all) => {
        if (!all.has(key)) lease.end(notActing(PLACE_GONE));
      },
    });
    follow.start();
    lease.onOver(() => follow.stop());
  }

  /** For those who look. */
  async announce({ lease, me, key, createRevision }: Place, actingSince: string): Promise<void> {
    const value = sealJson({ record: me, actingSince });
    await this.options.calls.call("say who acts", (server, timeoutMs) => {
      const conditions = [{ key, createRevision }];
      const writes = [{ key, value, lease: lease.id }];
      return server.transact({ conditions, writes, elseRead: [] }, timeoutMs);
    });
  }

  private isFirst({ createRevision }: Fence, queue: Iterable<StoredKey>): boolean {
    return queueIn(this.options.keys, queue)[0]?.createRevision === createRevision;
  }

  private taken(queue: readonly StoredKey[]): OperationError {
    const [first] = queueIn(this.options.keys, queue);
    const { hostname = "?", pid = 0, apiUrl = "" } = first?.record ?? {};
    const message =
      `Process ${pid} on ${hostname} (${apiUrl}) runs a controller on ` +
      `${this.options.calls.description}. Stop it first.`;
    return new OperationError(ERROR_CODES.STATE_LOCKED, "campaign", message);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
