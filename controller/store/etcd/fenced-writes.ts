/**
 * The writes of one term. Each is a transaction that does something only while the key by which this
 * controller acts is there, and only on the state of the written key that is known: a late copy of
 * an earlier try, or of an earlier term, changes nothing.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { LatestWriter } from "../../support/files/latest-writer.ts";
import { type HeldLease, notActing } from "./held-lease.ts";
import type { StoreCalls } from "./store-calls.ts";
import type { Condition, StoredKey, Write } from "./store-etcd.ts";

/** Somebody else writes the same key all the time: by hand, for no controller can. */
const CONFLICTS_MAX = 5;

/** The key by which a controller acts. */
export interface Fence {
  readonly key: string;
  readonly createRevision: number;
}

export class FencedWrites {
  /** Of each key that is there. */
  private readonly revisions = new Map<string, number>();
  private readonly writers = new Map<string, LatestWriter<string | null>>();

  constructor(
    private readonly calls: StoreCalls,
    private readonly lease: HeldLease,
    private readonly fence: Fence,
  ) {}

  /** What is known of the keys as the term begins. */
  know(stored: Iterable<StoredKey>): void {
    for (const { key, modRevision } of stored) this.revisions.set(key, modRevision);
  }

  /**
   * Resolves when this or a newer value is durable.
   *
   * @param value null: the key is removed
   * @throws OperationError ERR_NOT_ACTING once the term is over, and as {@link StoreCalls.call}
   */
  async write(key: string, value: string | null): Promise<void> {
    this.requireHeld();
    let writer = this.writers.get(key);
    if (writer === undefined) {
      writer = new LatestWriter((latest) => this.store(key, latest));
      this.writers.set(key, writer);
    }
    try {
      await writer.save(value);
    } finally {
      if (writer.isIdle && this.writers.get(key) === writer) this.writers.delete(key);
    }
  }

  async idle(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.idle()));
  }

  private async store(key: string, value: string | null): Promise<void> {
    for (let conflict = 0; conflict < CONFLICTS_MAX; conflict += 1) {
      this.requireHeld();
      const known = this.revisions.get(key) ?? 0;
      if (known === 0 && value === null) return;
      const write: Write = value === null ? { key, value } : { key, value, lease: null };
      const answer = await this.calls.call(`write ${key}`, (server, timeoutMs) => {
        const conditions: readonly Condition[] = [this.fence, { key, modRevision: known }];
        const elseRead = [this.fence.key, key];
        return server.transact({ conditions, writes: [write], elseRead }, timeoutMs);
      });
      if (answer.succeeded) return this.knows(key, value === null ? 0 : answer.revision);
      const [fence = null, stored = null] = answer.read;
      if (fence?.createRevision !== this.fence.createRevision) {
        this.lease.end(notActing("the key by which it acts in the store is gone"));
      }
      this.knows(key, stored?.modRevision ?? 0);
      // An earlier try of this very write was carried out, and its answer got lost.
      if ((stored?.value ?? null) === value) return this.requireHeld();
    }
    const message = `The key ${key} was changed by others ${CONFLICTS_MAX} times in a row.`;
    throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, `write ${key}`, message);
  }

  private knows(key: string, modRevision: number): void {
    if (modRevision === 0) this.revisions.delete(key);
    else this.revisions.set(key, modRevision);
  }

  private requireHeld(): void {
    const why = this.lease.reason();
    if (why !== null) throw why;
  }
}
