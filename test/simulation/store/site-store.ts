/**
 * The site's etcd, in which its controllers keep their state, as one process on the network: it may
 * hang, be out of reach, or answer late.
 */
import { SiteKeys, isIn } from "../../../controller/store/etcd/keys.ts";
import { queueIn } from "../../../controller/store/etcd/site-view.ts";
import { memoriesIn } from "../../../controller/store/etcd/site-documents.ts";
import {
  type KeyRange,
  type RangeOptions,
  StoreEtcdError,
  type Transaction,
} from "../../../controller/store/etcd/store-etcd.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { MemoryEtcd } from "../../support/store/memory-etcd.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";

/** Its name, and its place, on the network. */
export const STORE = "store";
export const STORE_PREFIX = "/jupyter-cluster";

export type StoreRequest =
  | { readonly call: "range"; readonly range: KeyRange; readonly options: RangeOptions }
  | { readonly call: "transact"; readonly transaction: Transaction }
  | { readonly call: "grant"; readonly ttlSeconds: number }
  | { readonly call: "keep-alive" | "revoke"; readonly lease: string };

export interface WatchRequest {
  readonly stream: string;
  readonly range: KeyRange;
  readonly fromRevision: number;
}

export interface ProgressRequest {
  readonly stream: string;
}

export type StoreAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: StoreEtcdError["problem"]; readonly message: string };

export type Memories = ReadonlyMap<ClusterKey, ClusterMemory>;
const NOTHING: Memories = new Map();

/** Something was written, and not only looked at. */
export interface StoredEvent {
  /** The process on the network from which it came. */
  readonly by: string;
  /** Id of the controller that acts by the store's own order; null: none. */
  readonly acting: string | null;
  readonly keys: readonly string[];
  /** Empty where no memory was written. */
  readonly before: Memories;
  readonly after: Memories;
}

export interface SiteStoreOptions {
  readonly clock: Scheduler;
  readonly network: Network;
  readonly isFull: () => boolean;
  readonly onStored: (event: StoredEvent) => void;
}

export class SiteStore {
  private readonly clock: ProcessClock;
  private readonly etcd: MemoryEtcd;
  private readonly endpoint: Endpoint;
  private readonly keys = new SiteKeys(STORE_PREFIX);
  private actingAt: { readonly revision: number; readonly id: string | null } | null = null;
  private memoriesAt: { readonly revision: number; readonly all: Memories } | null = null;

  constructor(private readonly options: SiteStoreOptions) {
    this.clock = new ProcessClock(options.clock);
    this.etcd = new MemoryEtcd(this.clock);
    this.endpoint = new Endpoint(STORE, options.network, this.clock);
    this.endpoint.serve("call", (from, body, answer) => {
      answer(this.answerTo(from, body as StoreRequest));
    });
    this.endpoint.serve("watch", (from, body) => this.watch(from, body as WatchRequest));
    this.endpoint.serve("progress", (_, body) => {
      this.endpoint.write((body as ProgressRequest).stream, {});
    });
  }

  get hangs(): boolean {
    return this.clock.paused;
  }

  hang(hanging: boolean): void {
    if (hanging) this.clock.pause();
    else this.clock.resume();
  }

  compact(): void {
    this.etcd.compact();
  }

  /** Id of the controller that acts by the order of the keys; null: none. */
  acting(): string | null {
    const { keys, revision } = this.list(this.keys.controllers);
    if (this.actingAt?.revision !== revision) {
      this.actingAt = { revision, id: queueIn(this.keys, keys)[0]?.record.id ?? null };
    }
    return this.actingAt.id;
  }

  memories(): Memories {
    const { keys, revision } = this.list(this.keys.memories);
    if (this.memoriesAt?.revision !== revision) {
      this.memoriesAt = { revision, all: memoriesIn(this.keys, keys) };
    }
    return this.memoriesAt.all;
  }

  private list(range: KeyRange) {
    return this.etcd.range(range, { limit: Infinity, revision: null });
  }

  private answerTo(from: string, request: StoreRequest): StoreAnswer {
    try {
      return { ok: true, value: this.carryOut(from, request) };
    } catch (error) {
      if (!(error instanceof StoreEtcdError)) throw error;
      return { ok: false, problem: error.problem, message: error.message };
    }
  }

  private carryOut(from: string, request: StoreRequest): unknown {
    const { etcd } = this;
    switch (request.call) {
      case "range":
        return etcd.range(request.range, request.options);
      case "transact":
        return this.transact(from, request.transaction);
      case "grant":
        return { lease: etcd.grant(request.ttlSeconds), ttlSeconds: request.ttlSeconds };
      case "keep-alive":
        return etcd.keepAlive(request.lease);
      case "revoke":
        return etcd.revoke(request.lease);
    }
  }

  private transact(by: string, transaction: Transaction): unknown {
    const written = transaction.writes.map(({ key }) => key);
    const documents = written.filter((key) => !isIn(this.keys.controllers, key));
    if (documents.length === 0) return this.etcd.transact(transaction);
    if (this.options.isFull()) throw new StoreEtcdError("no-space", "database space exceeded");
    const isMemory = documents.some((key) => isIn(this.keys.memories, key));
    const before = isMemory ? this.memories() : NOTHING;
    const acting = this.acting();
    const answer = this.etcd.transact(transaction);
    if (answer.succeeded) {
      const after = isMemory ? this.memories() : NOTHING;
      this.options.onStored({ by, acting, keys: documents, before, after });
    }
    return answer;
  }

  private watch(from: string, { stream, range, fromRevision }: WatchRequest): void {
    let leave: () => void = () => undefined;
    this.endpoint.beginStream(stream, from, () => leave());
    leave = this.etcd.watch(range, fromRevision, {
      onAlive: () => undefined,
      onChanges: (changes) => this.endpoint.write(stream, { changes }),
      onEnd: (end) => this.endpoint.write(stream, { end }),
    });
  }
}
