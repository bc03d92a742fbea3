/** One controller's way to the site's etcd, over the simulated network. */
import type { Clock } from "../../../controller/model/ports.ts";
import {
  type KeyChange,
  type KeyRange,
  type RangeAnswer,
  type RangeOptions,
  type ServerWatch,
  type StoreEtcd,
  StoreEtcdError,
  type Transaction,
  type TransactionAnswer,
  type WatchEnd,
  type WatchHandlers,
} from "../../../controller/store/etcd/store-etcd.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import {
  type ProgressRequest,
  STORE,
  type StoreAnswer,
  type StoreRequest,
  type WatchRequest,
} from "./site-store.ts";

export interface StoreClientOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Names streams, once in all the time. */
  readonly owner: string;
  /** What is sent in the place of a transaction: a planted bug, to see it found. */
  readonly mutate: (transaction: Transaction) => Transaction;
}

export class StoreClient implements StoreEtcd {
  private watches = 0;
  private closed = false;

  constructor(private readonly options: StoreClientOptions) {}

  range(range: KeyRange, options: RangeOptions, timeoutMs: number): Promise<RangeAnswer> {
    return this.ask({ call: "range", range, options }, timeoutMs);
  }

  transact(transaction: Transaction, timeoutMs: number): Promise<TransactionAnswer> {
    const sent = this.options.mutate(transaction);
    return this.ask({ call: "transact", transaction: sent }, timeoutMs);
  }

  grantLease(ttlSeconds: number, timeoutMs: number) {
    return this.ask<{ lease: string; ttlSeconds: number }>(
      { call: "grant", ttlSeconds },
      timeoutMs,
    );
  }

  keepAlive(lease: string, timeoutMs: number): Promise<boolean> {
    return this.ask({ call: "keep-alive", lease }, timeoutMs);
  }

  revokeLease(lease: string, timeoutMs: number): Promise<void> {
    return this.ask({ call: "revoke", lease }, timeoutMs);
  }

  watch(range: KeyRange, fromRevision: number, told: WatchHandlers): ServerWatch {
    const { endpoint, owner } = this.options;
    this.watches += 1;
    const stream = `${owner}/store/${this.watches}`;
    let isOver = false;
    const end = (why: WatchEnd) => {
      if (isOver) return;
      isOver = true;
      endpoint.close(stream);
      told.onEnd(why);
    };
    endpoint.read(stream, STORE, {
      part: (body) => {
        const part = body as { changes?: readonly KeyChange[]; end?: WatchEnd };
        if (isOver) return;
        if (part.end !== undefined) return end(part.end);
        told.onAlive();
        if (part.changes !== undefined) told.onChanges(part.changes);
      },
      broken: (reason) => end({ kind: "lost", reason }),
    });
    endpoint.tell(STORE, "watch", { stream, range, fromRevision } satisfies WatchRequest);
    // Over the stream itself, as etcd's progress request: one that never came to be shows no life.
    const probe = () => endpoint.tell(STORE, "progress", { stream } satisfies ProgressRequest);
    const cancel = () => {
      isOver = true;
      endpoint.close(stream);
    };
    return { probe, cancel };
  }

  close(): void {
    this.closed = true;
  }

  private ask<T>(request: StoreRequest, timeoutMs: number): Promise<T> {
    const { endpoint } = this.options;
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new StoreEtcdError("unreachable", "closed"));
      endpoint.ask(STORE, "call", request, timeoutMs, (given) => {
        const answer = given as StoreAnswer | undefined;
        if (answer === undefined) {
          reject(new StoreEtcdError("unreachable", "no answer before the deadline"));
        } else if (answer.ok) resolve(answer.value as T);
        else reject(new StoreEtcdError(answer.problem, answer.message));
      });
    });
  }
}
