/**
 * Which snapshots each cluster has, read in the background and told without waiting. What cannot
 * be read is not gone: the last list stays, as a stale one.
 */
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { messageOf, OperationError } from "../model/errors.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import { fresh, type Source, stale, unknown } from "../model/observed.ts";
import type { Clock, ClusterSnapshots, Logger } from "../model/ports.ts";
import { sameData } from "../model/same-data.ts";
import type { SnapshotInfo } from "../model/snapshot.ts";
import { within } from "../support/within.ts";
import { hasElapsed } from "./has-elapsed.ts";

/** Only people change it behind our back. */
const POLL_MS = 30_000;
/** A directory on another machine may not answer at all. */
const READ_MS_MAX = 10_000;

export interface SnapshotFactsOptions {
  snapshotsOf(cluster: CompiledCluster): Pick<ClusterSnapshots, "list">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Another list, or it can or cannot be read now. */
  onChange(key: ClusterKey): void;
}

interface Entry {
  readonly directory: string | null;
  source: Source<readonly SnapshotInfo[]>;
  readAt: number;
  askedAt: number;
  /** Until it really ends, so that a dead directory is asked once. */
  reading: Promise<void> | null;
}

export class SnapshotFacts {
  private readonly entries = new Map<ClusterKey, Entry>();

  constructor(private readonly options: SnapshotFactsOptions) {}

  /** The last list; reads again in the background when it is due. */
  observe(cluster: CompiledCluster): Source<readonly SnapshotInfo[]> {
    const entry = this.entryFor(cluster);
    const due = hasElapsed(this.options.clock.now(), entry.askedAt, POLL_MS);
    if (due && entry.reading === null) void this.read(cluster, entry);
    return entry.source;
  }

  /** Something was changed by us. Resolves when it is seen, or cannot be. */
  async refresh(cluster: CompiledCluster): Promise<void> {
    const entry = this.entryFor(cluster);
    const earlier = entry.reading;
    // What is being read may be what was there before.
    if (earlier !== null) await this.settled(earlier);
    if (entry.reading === null) await this.read(cluster, entry);
    else if (entry.reading !== earlier) await this.settled(entry.reading);
  }

  forget(key: ClusterKey): void {
    this.entries.delete(key);
  }

  private entryFor({ metadata, spec }: CompiledCluster): Entry {
    const key = clusterKey(metadata);
    const { directory } = spec.etcd.snapshots;
    const known = this.entries.get(key);
    if (known !== undefined && known.directory === directory) return known;
    const entry: Entry = {
      directory,
      source: unknown("the snapshots have not been listed yet"),
      readAt: 0,
      askedAt: 0,
      reading: null,
    };
    this.entries.set(key, entry);
    return entry;
  }

  /** Resolves when the list is in, or late; `entry.reading` not before the reading has ended. */
  private read(cluster: CompiledCluster, entry: Entry): Promise<void> {
    entry.askedAt = this.options.clock.now();
    const listing = this.options.snapshotsOf(cluster).list();
    const taking = this.take(clusterKey(cluster.metadata), entry, listing);
    entry.reading = this.ended(entry, taking, listing);
    return taking;
  }

  private async ended(entry: Entry, taking: Promise<void>, listing: Promise<unknown>) {
    await taking;
    await Promise.allSettled([listing]);
    entry.reading = null;
  }

  private async take(
    key: ClusterKey,
    entry: Entry,
    listing: Promise<readonly SnapshotInfo[]>,
  ): Promise<void> {
    const { clock, log } = this.options;
    const before = entry.source;
    try {
      entry.source = fresh(await within(READ_MS_MAX, "ListSnapshots", listing));
      entry.readAt = clock.now();
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      const reason = messageOf(error);
      if (before.freshness === "unknown") entry.source = unknown(reason);
      else entry.source = stale(before.value, entry.readAt);
      if (!sameData(before, entry.source))
        log.warn({ cluster: key, error: reason }, "no snapshot list");
    }
    if (!sameData(before, entry.source) && this.entries.get(key) === entry) {
      this.options.onChange(key);
    }
  }

  private async settled(reading: Promise<void>): Promise<void> {
    try {
      await within(READ_MS_MAX, "ListSnapshots", reading);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.options.log.debug({ error: error.message }, "snapshot directory does not answer");
    }
  }
}
