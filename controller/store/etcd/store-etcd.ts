/**
 * One server of the site's etcd, as the store uses it. Production speaks gRPC (etcd3-server.ts); a
 * simulator and the tests put something in memory in its place.
 *
 * Every call ends within its `timeoutMs`, and fails with {@link StoreEtcdError}. A call that failed
 * may have been carried out, or may be later.
 */
export interface StoreEtcd {
  range(range: KeyRange, options: RangeOptions, timeoutMs: number): Promise<RangeAnswer>;
  transact(transaction: Transaction, timeoutMs: number): Promise<TransactionAnswer>;
  /** @returns the time to live that the server chose, which may be longer */
  grantLease(
    ttlSeconds: number,
    timeoutMs: number,
  ): Promise<{ readonly lease: string; readonly ttlSeconds: number }>;
  /** False when there is no such lease any more. */
  keepAlive(lease: string, timeoutMs: number): Promise<boolean>;
  /** One that is gone is revoked. */
  revokeLease(lease: string, timeoutMs: number): Promise<void>;
  /** Tells every change from that revision on, in order, until it is cancelled or ends. */
  watch(range: KeyRange, fromRevision: number, told: WatchHandlers): ServerWatch;
  close(): void;
}

/** All keys from `start` up to but not including `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

export interface RangeOptions {
  readonly limit: number;
  /** The keys as they were then; null: as a quorum has them now. */
  readonly revision: number | null;
}

export interface RangeAnswer {
  /** By key. */
  readonly keys: readonly StoredKey[];
  /** There are more than the limit. */
  readonly hasMore: boolean;
  readonly revision: number;
}

export interface StoredKey {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** A revision of 0: there is no such key. */
export type Condition =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly modRevision: number };

export type Write =
  /** `lease` null: the key stays. */
  | { readonly key: string; readonly value: string; readonly lease: string | null }
  | { readonly key: string; readonly value: null };

/** If all conditions hold all is written, else the keys are read: at one moment. */
export interface Transaction {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
  readonly elseRead: readonly string[];
}

export interface TransactionAnswer {
  readonly succeeded: boolean;
  readonly revision: number;
  /** In the order of `elseRead`; empty when it succeeded. */
  readonly read: readonly (StoredKey | null)[];
}

export interface WatchHandlers {
  onChanges(changes: readonly KeyChange[]): void;
  /** It is there and follows: after {@link ServerWatch.probe}, or by itself. */
  onAlive(): void;
  /** Once. Nothing is told after it. */
  onEnd(end: WatchEnd): void;
}

export type KeyChange =
  | { readonly type: "put"; readonly stored: StoredKey }
  | { readonly type: "delete"; readonly key: string; readonly modRevision: number };

export interface WatchEnd {
  /** `compacted`: changes were forgotten before they were told. */
  readonly kind: "compacted" | "lost";
  readonly reason: string;
}

export interface ServerWatch {
  /** Asks for a sign of life. */
  probe(): void;
  /** No handler is called after it. */
  cancel(): void;
}

export type StoreEtcdProblem =
  /** This server does not answer, or cannot now: another may. */
  | "unreachable"
  /** We are not let in, or it is not who it should be. */
  | "refused"
  /** The revision that was asked for is forgotten. */
  | "compacted"
  /** What was to be written is larger than it takes. */
  | "too-large"
  /** Its database is full. */
  | "no-space";

export class StoreEtcdError extends Error {
  override readonly name = "StoreEtcdError";

  constructor(
    readonly problem: StoreEtcdProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
