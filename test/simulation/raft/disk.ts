/**
 * A node's durable state. What is written counts only once it is synced: a crash takes the rest,
 * or a part of it, or nothing, as the disk pleases.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import { RaftLog } from "./log.ts";
import {
  type Configuration,
  type Entry,
  type HardState,
  RaftPanic,
  type Snapshot,
} from "./types.ts";

/** Everything that survives. */
export interface Durable {
  readonly hard: HardState;
  readonly snapshot: Snapshot | null;
  readonly log: RaftLog;
}

type Write =
  | { readonly kind: "hard"; readonly hard: HardState }
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  /** State up to `snapshot.index`; the log is kept from `keepFrom` on. */
  | { readonly kind: "compact"; readonly snapshot: Snapshot; readonly compactTo: number }
  /** State of another node, which replaces the whole log. */
  | { readonly kind: "install"; readonly snapshot: Snapshot };

export const EMPTY_HARD: HardState = { term: 0, vote: null, commit: 0 };

export class Disk {
  /** How long a sync takes. */
  syncMs = 0;
  /** A write then ends the process. */
  full = false;
  private hard = EMPTY_HARD;
  private snapshot: Snapshot | null = null;
  private log = new RaftLog();
  private unsynced: Write[] = [];
  /** Something is unsynced that an answer may promise. */
  private urgent = false;
  private epoch = 0;

  static holding(durable: Durable): Disk {
    const disk = new Disk();
    disk.hard = durable.hard;
    disk.snapshot = durable.snapshot;
    disk.log = durable.log.copy();
    return disk;
  }

  /** A new term or vote. */
  writeHard(hard: HardState): void {
    this.write({ kind: "hard", hard });
  }

  /** A new commit index alone is never waited for: whoever lost it learns it again. */
  writeCommit(hard: HardState): void {
    const { urgent } = this;
    this.write({ kind: "hard", hard });
    this.urgent = urgent;
  }

  /** From the first one's index on, the log is replaced. */
  writeEntries(entries: readonly Entry[]): void {
    this.write({ kind: "entries", entries });
  }

  writeCompaction(snapshot: Snapshot, compactTo: number): void {
    this.write({ kind: "compact", snapshot, compactTo });
  }

  writeInstalled(snapshot: Snapshot): void {
    this.write({ kind: "install", snapshot });
  }

  /** Whether a sync is called for. */
  get dirty(): boolean {
    return this.urgent;
  }

  /** Calls back when all that is written by now is durable; never, when a crash comes first. */
  sync(clock: Clock, done: () => void): void {
    const count = this.unsynced.length;
    if (this.syncMs === 0) this.carryOut(count);
    if (this.syncMs === 0 || !this.urgent) {
      this.urgent = false;
      done();
      return;
    }
    this.urgent = false;
    const { epoch } = this;
    clock.after(this.syncMs, () => {
      if (epoch !== this.epoch) return;
      this.carryOut(count);
      done();
    });
  }

  /** @param survivingWrites how many of the unsynced writes reached the disk all the same */
  crash(survivingWrites = 0): void {
    this.carryOut(Math.min(survivingWrites, this.unsynced.length));
    this.unsynced = [];
    this.urgent = false;
    this.epoch += 1;
  }

  get unsyncedWrites(): number {
    return this.unsynced.length;
  }

  /** What a process that starts now finds. */
  read(): Durable {
    return { hard: this.hard, snapshot: this.snapshot, log: this.log.copy() };
  }

  /** Highest index that would survive a crash now. */
  get lastIndex(): number {
    return this.log.lastIndex;
  }

  /** Nothing was ever written. */
  get empty(): boolean {
    return this.hard === EMPTY_HARD && this.snapshot === null && this.log.lastIndex === 0;
  }

  private write(write: Write): void {
    if (this.full) throw new RaftPanic("write to the log failed: no space left on device");
    this.unsynced.push(write);
    this.urgent = true;
  }

  private carryOut(count: number): void {
    if (count === 0) return;
    for (const write of this.unsynced.splice(0, count)) this.apply(write);
  }

  private apply(write: Write): void {
    switch (write.kind) {
      case "hard":
        this.hard = write.hard;
        return;
      case "entries":
        this.log.replaceFrom(write.entries);
        return;
      case "compact":
        this.snapshot = write.snapshot;
        this.log.compact(write.compactTo);
        return;
      case "install":
        this.snapshot = write.snapshot;
        this.log.reset(write.snapshot.index, write.snapshot.term);
    }
  }
}

/** As etcd boots: the log's first entries, already committed, are the first configuration. */
export function bootDisk(configuration: Configuration, state: unknown): Disk {
  const index = configuration.voters.length;
  return Disk.holding({
    hard: { term: 1, vote: null, commit: index },
    snapshot: { index, term: 1, configuration, state },
    log: new RaftLog(index, 1),
  });
}
