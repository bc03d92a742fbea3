/**
 * Writes each cluster's published object to its own etcd, and again when it is not found there. The
 * latest wins; nobody waits for it.
 */
import { OperationError } from "../model/errors.ts";
import { type ClusterKey, etcdKeys, parseClusterKey } from "../model/ids.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { JupyterClusterObject } from "../model/resource.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";

const RETRY: Backoff = { firstMs: 200, capMs: 5_000 };

/** Where a cluster's keys are written to. */
export interface StatusTargets {
  for(key: ClusterKey): {
    put(key: string, value: string): Promise<void>;
    get(key: string): Promise<string | null>;
  };
}

interface Pending {
  /** To be written; null: nothing is. */
  object: JupyterClusterObject | null;
  /** Written last. */
  stored: JupyterClusterObject | null;
  writing: boolean;
  attempts: number;
  cancelRetry: (() => void) | null;
}

export class StatusSink {
  private readonly pending = new Map<ClusterKey, Pending>();

  constructor(
    private readonly clients: StatusTargets,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  put(key: ClusterKey, object: JupyterClusterObject): void {
    const entry = this.pending.get(key) ?? {
      object: null,
      stored: null,
      writing: false,
      attempts: 0,
      cancelRetry: null,
    };
    this.pending.set(key, entry);
    entry.object = object;
    // Before there is a cluster there is nowhere to write to; the first object after is enough.
    if (object.status.etcd.leaderId === null) return;
    entry.attempts = 0;
    this.kick(key, entry);
  }

  /**
   * Writes again what etcd does not hold any more.
   *
   * @throws OperationError when it cannot be asked
   */
  async check(key: ClusterKey): Promise<void> {
    const entry = this.pending.get(key);
    if (entry === undefined || isBusy(entry) || entry.stored === null) return;
    const { stored } = entry;
    const { status } = etcdKeys(parseClusterKey(key));
    const found = await this.clients.for(key).get(status);
    if (found === JSON.stringify(stored)) return;
    // Another was written while we asked, and is what was found, or will be.
    if (this.pending.get(key) !== entry || isBusy(entry) || entry.stored !== stored) return;
    this.log.warn({ cluster: key, missing: found === null }, "etcd did not hold the status");
    entry.object = stored;
    this.kick(key, entry);
  }

  forget(key: ClusterKey): void {
    this.pending.get(key)?.cancelRetry?.();
    this.pending.delete(key);
  }

  stop(): void {
    for (const key of [...this.pending.keys()]) this.forget(key);
  }

  private kick(key: ClusterKey, entry: Pending): void {
    entry.cancelRetry?.();
    entry.cancelRetry = null;
    if (!entry.writing) void this.write(key, entry);
  }

  private async write(key: ClusterKey, entry: Pending): Promise<void> {
    entry.writing = true;
    while (entry.object !== null && this.pending.get(key) === entry) {
      const { object } = entry;
      try {
        const { status } = etcdKeys(parseClusterKey(key));
        await this.clients.for(key).put(status, JSON.stringify(object));
        entry.attempts = 0;
        entry.stored = object;
        if (entry.object === object) entry.object = null;
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        this.log.debug({ cluster: key, code: error.code }, "status not stored yet");
        this.retryLater(key, entry);
        break;
      }
    }
    entry.writing = false;
  }

  private retryLater(key: ClusterKey, entry: Pending): void {
    entry.attempts += 1;
    const delay = delayAfter(RETRY, entry.attempts);
    entry.cancelRetry = this.clock.after(delay, () => this.kick(key, entry));
  }
}

function isBusy({ object, writing }: Pending): boolean {
  return object !== null || writing;
}
