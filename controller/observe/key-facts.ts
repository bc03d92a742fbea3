/**
 * What etcd holds of what the controller has written there: looked at now and then, in the background,
 * for nobody tells when somebody else has deleted or changed it.
 */
import type { EtcdClusterClient } from "../etcd/cluster-client.ts";
import { OperationError } from "../model/errors.ts";
import { type ClusterKey, etcdKeys, parseClusterKey } from "../model/ids.ts";
import { fresh, type Source, stale, type StoredKeys, unknown } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { desiredOf, readValue } from "../support/key-values.ts";
import { hasElapsed } from "./has-elapsed.ts";

const POLL_MS = 30_000;

export interface KeyFactsOptions {
  /** Each call of it is bounded, about 2 s. */
  etcdOf(key: ClusterKey): Pick<EtcdClusterClient, "get" | "isAuthEnabled">;
  /** Has the status stored again if etcd does not hold it. Throws OperationError. */
  checkStatus(key: ClusterKey): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** There is something to put right, or it has been. */
  onChange(key: ClusterKey): void;
}

interface Entry {
  source: Source<StoredKeys>;
  /** Something is to be put right, and somebody waits to hear that it was. */
  awaited: boolean;
  readAt: number;
  askedAt: number;
  reading: boolean;
}

export class KeyFacts {
  private readonly entries = new Map<ClusterKey, Entry>();

  constructor(private readonly options: KeyFactsOptions) {}

  /** As last read; reads again in the background when it is due. */
  observe(key: ClusterKey): Source<StoredKeys> {
    const entry = this.entries.get(key) ?? newEntry(false);
    this.entries.set(key, entry);
    const due = hasElapsed(this.options.clock.now(), entry.askedAt, POLL_MS);
    if (due && !entry.reading) void this.read(key, entry);
    return entry.source;
  }

  /** We have just written: what is known is void, and what is being read too. */
  changed(key: ClusterKey): void {
    const before = this.entries.get(key);
    this.entries.set(key, newEntry(before?.awaited ?? false));
  }

  forget(key: ClusterKey): void {
    this.entries.delete(key);
  }

  private async read(key: ClusterKey, entry: Entry): Promise<void> {
    const { clock, log } = this.options;
    entry.askedAt = clock.now();
    entry.reading = true;
    const before = entry.source;
    try {
      entry.source = fresh(await this.ask(key));
      entry.readAt = clock.now();
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      log.debug({ cluster: key, code: error.code, error: error.message }, "keys not looked at");
      if (before.freshness === "unknown") entry.source = unknown(error.message);
      else entry.source = stale(before.value, entry.readAt);
    } finally {
      entry.reading = false;
    }
    const wakes = entry.awaited || isAmiss(entry.source);
    entry.awaited = isAmiss(entry.source);
    if (wakes && this.entries.get(key) === entry) this.options.onChange(key);
  }

  private async ask(key: ClusterKey): Promise<StoredKeys> {
    const etcd = this.options.etcdOf(key);
    // While it is on, a controller without a certificate may read nothing.
    if (await etcd.isAuthEnabled()) return { authEnabled: true };
    const { desired } = etcdKeys(parseClusterKey(key));
    const text = await etcd.get(desired);
    await this.options.checkStatus(key);
    return { authEnabled: false, desired: text === null ? null : readValue(text, desiredOf) };
  }
}

function newEntry(awaited: boolean): Entry {
  const source = unknown<StoredKeys>("etcd's keys have not been looked at yet");
  return { source, awaited, readAt: 0, askedAt: 0, reading: false };
}

function isAmiss(source: Source<StoredKeys>): boolean {
  return (
    source.freshness === "fresh" && (source.value.authEnabled || source.value.desired === null)
  );
}
