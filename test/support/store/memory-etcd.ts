/**
 * An etcd of a site in memory, with leases, watches and compaction, for tests and simulations of
 * the store. `connect` gives one controller's way to it, which can be cut.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import {
  type Condition,
  type KeyChange,
  type KeyRange,
  type RangeAnswer,
  type RangeOptions,
  type ServerWatch,
  type StoredKey,
  type StoreEtcd,
  StoreEtcdError,
  type Transaction,
  type TransactionAnswer,
  type WatchHandlers,
} from "../../../controller/store/etcd/store-etcd.ts";

interface Lease {
  readonly ttlMs: number;
  cancel(): void;
}

interface Watching {
  readonly range: KeyRange;
  readonly told: WatchHandlers;
}

export class MemoryEtcd {
  /** As of a real one that was used for something else before. */
  private revision = 100;
  private compacted = 0;
  private keys = new Map<string, StoredKey & { readonly lease: string | null }>();
  private history: KeyChange[] = [];
  private readonly leases = new Map<string, Lease>();
  private readonly watches = new Set<Watching>();
  private leaseCount = 0;

  constructor(private readonly clock: Clock) {}

  connect(): MemoryServer {
    return new MemoryServer(this, this.clock);
  }

  range({ start, end }: KeyRange, { limit, revision }: RangeOptions): RangeAnswer {
    if (revision !== null && revision < this.compacted) throw compacted();
    const at = revision === null ? this.keys : this.keysAt(revision);
    const found = [...at.values()].filter(({ key }) => key >= start && key < end);
    const sorted = found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return {
      keys: sorted.slice(0, limit),
      hasMore: sorted.length > limit,
      revision: this.revision,
    };
  }

  transact({ conditions, writes, elseRead }: Transaction): TransactionAnswer {
    if (!conditions.every((condition) => this.holds(condition))) {
      const read = elseRead.map((key) => this.keys.get(key) ?? null);
      return { succeeded: false, revision: this.revision, read };
    }
    const changes = writes.flatMap((write): readonly KeyChange[] => {
      const { key, value } = write;
      const modRevision = this.revision + 1;
      if (value === null) return this.keys.has(key) ? [{ type: "delete", key, modRevision }] : [];
      if (write.lease !== null && !this.leases.has(write.lease)) {
        throw new StoreEtcdError("unreachable", "requested lease not found");
      }
      const createRevision = this.keys.get(key)?.createRevision ?? modRevision;
      const stored = { key, value, createRevision, modRevision, lease: write.lease };
      return [{ type: "put", stored }];
    });
    this.apply(changes);
    return { succeeded: true, revision: this.revision, read: [] };
  }

  grant(ttlSeconds: number): string {
    this.leaseCount += 1;
    const lease = (0x7000 + this.leaseCount).toString();
    this.arm(lease, ttlSeconds * 1000);
    return lease;
  }

  keepAlive(lease: string): boolean {
    const found = this.leases.get(lease);
    if (found === undefined) return false;
    found.cancel();
    this.arm(lease, found.ttlMs);
    return true;
  }

  revoke(lease: string): void {
    const found = this.leases.get(lease);
    if (found === undefined) return;
    found.cancel();
    this.endLease(lease);
  }

  watch(range: KeyRange, fromRevision: number, told: WatchHandlers): () => void {
    if (fromRevision <= this.compacted) {
      told.onEnd({ kind: "compacted", reason: "history was compacted" });
      return () => undefined;
    }
    const watching = { range, told };
    this.watches.add(watching);
    const missed = this.history.filter((c) => revisionOf(c) >= fromRevision && isIn(range, c));
    if (missed.length > 0) told.onChanges(missed);
    return () => this.watches.delete(watching);
  }

  /** History up to now is forgotten. */
  compact(): void {
    this.compacted = this.revision;
    this.history = [];
  }

  private holds(condition: Condition): boolean {
    const stored = this.keys.get(condition.key);
    if ("createRevision" in condition) {
      return (stored?.createRevision ?? 0) === condition.createRevision;
    }
    return (stored?.modRevision ?? 0) === condition.modRevision;
  }

  private apply(changes: readonly KeyChange[]): void {
    if (changes.length === 0) return;
    this.revision += 1;
    this.history.push(...changes);
    for (const change of changes) {
      if (change.type === "delete") this.keys.delete(change.key);
      else this.keys.set(change.stored.key, { lease: null, ...change.stored });
    }
    for (const { range, told } of [...this.watches]) {
      const seen = changes.filter((change) => isIn(range, change));
      if (seen.length > 0) told.onChanges(seen);
    }
  }

  private keysAt(revision: number): ReadonlyMap<string, StoredKey> {
    if (revision === this.revision) return this.keys;
    const at = new Map<string, StoredKey>(this.keys);
    // What came later is taken back; what it replaced is in the history, or was there before it.
    const later = this.history.filter((change) => revisionOf(change) > revision);
    for (const change of later) at.delete(keyOf(change));
    for (const change of this.history) {
      if (revisionOf(change) > revision) continue;
      if (change.type === "put") at.set(change.stored.key, change.stored);
      else at.delete(change.key);
    }
    return at;
  }

  private arm(lease: string, ttlMs: number): void {
    const cancel = this.clock.after(ttlMs, () => this.endLease(lease));
    this.leases.set(lease, { ttlMs, cancel });
  }

  private endLease(lease: string): void {
    this.leases.delete(lease);
    const held = [...this.keys.values()].filter((stored) => stored.lease === lease);
    const modRevision = this.revision + 1;
    this.apply(held.map(({ key }) => ({ type: "delete", key, modRevision })));
  }
}

/** One controller's connection to it. */
class MemoryServer implements StoreEtcd {
  /** `cut`: calls fail when their time is up. `late`: they are carried out, and the answers get lost. */
  fault: "none" | "cut" | "late" = "none";
  /** Each call has to pass it first. */
  before: () => Promise<void> = async () => undefined;
  private readonly open = new Set<{ end(): void; readonly probed: () => void }>();

  constructor(
    private readonly etcd: MemoryEtcd,
    private readonly clock: Clock,
  ) {}

  range(range: KeyRange, options: RangeOptions, timeoutMs: number): Promise<RangeAnswer> {
    return this.call(timeoutMs, () => this.etcd.range(range, options));
  }

  transact(transaction: Transaction, timeoutMs: number): Promise<TransactionAnswer> {
    return this.call(timeoutMs, () => this.etcd.transact(transaction));
  }

  grantLease(ttlSeconds: number, timeoutMs: number) {
    return this.call(timeoutMs, () => ({ lease: this.etcd.grant(ttlSeconds), ttlSeconds }));
  }

  keepAlive(lease: string, timeoutMs: number): Promise<boolean> {
    return this.call(timeoutMs, () => this.etcd.keepAlive(lease));
  }

  revokeLease(lease: string, timeoutMs: number): Promise<void> {
    return this.call(timeoutMs, () => this.etcd.revoke(lease));
  }

  watch(range: KeyRange, fromRevision: number, told: WatchHandlers): ServerWatch {
    let isOver = false;
    let leave: () => void = () => undefined;
    const unless = (tell: () => void) => {
      if (!isOver && this.fault !== "cut") tell();
    };
    this.clock.after(0, () => {
      if (isOver) return;
      leave = this.etcd.watch(range, fromRevision, {
        onAlive: () => unless(() => told.onAlive()),
        onChanges: (changes) => unless(() => told.onChanges(changes)),
        onEnd: (end) => unless(() => told.onEnd(end)),
      });
    });
    const stream = {
      end: () => {
        if (!isOver) told.onEnd({ kind: "lost", reason: "the connection was lost" });
      },
      probed: () => unless(() => told.onAlive()),
    };
    this.open.add(stream);
    return {
      probe: () => void this.clock.after(0, stream.probed),
      cancel: () => {
        isOver = true;
        leave();
        this.open.delete(stream);
      },
    };
  }

  /** As a connection that breaks: streams end, and what was told meanwhile is missed. */
  breakStreams(): void {
    for (const stream of [...this.open]) stream.end();
  }

  close(): void {
    this.fault = "cut";
  }

  private async call<T>(timeoutMs: number, run: () => T): Promise<T> {
    await this.before();
    if (this.fault === "none") return run();
    if (this.fault === "late") run();
    await new Promise<void>((resolve) => {
      this.clock.after(timeoutMs, resolve);
    });
    throw new StoreEtcdError("unreachable", "no answer before the deadline");
  }
}

function keyOf(change: KeyChange): string {
  return change.type === "put" ? change.stored.key : change.key;
}

function revisionOf(change: KeyChange): number {
  return change.type === "put" ? change.stored.modRevision : change.modRevision;
}

function isIn({ start, end }: KeyRange, change: KeyChange): boolean {
  return keyOf(change) >= start && keyOf(change) < end;
}

function compacted(): StoreEtcdError {
  return new StoreEtcdError("compacted", "required revision has been compacted");
}
