/**
 * etcd lives through a full disk. Whoever fills it, a notebook on this node or on another, gets an error, for what etcd
 * needs is its own already: its log is allocated by etcd itself, a segment ahead; room for its database to grow is set
 * aside here, behind the file's end, where nobody else can take it. What etcd makes anew, a segment or a snapshot of its
 * log, finds room in a reserve that is let go once etcd has ended for want of it.
 */
import type { AgentPorts } from "../ports/ports.ts";
import type { DataDisk, DiskSpace } from "../ports/data-disk.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { DATABASE_FILE, RESERVE_FILE } from "../paths.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "./repeating-task.ts";

const LOOK_EVERY_MS = 1_000;
const MIB = 2 ** 20;
/** A segment of etcd's log is this large, and allocated at once. Of a small disk a part. */
const FULL_BELOW_BYTES = 64 * MIB;
const FULL_BELOW_PART = 0.1;
/** For a segment and what comes with it. */
const RESERVE_BYTES = 72 * MIB;
/** bbolt lets its file grow by 16 MiB at a time. */
const DATABASE_GROWTH_BYTES = 32 * MIB;
const PART_MAX = 0.05;
/** A file system that sets nothing aside, or says so and does not, is asked no more often. */
const RETRY_MS = 60_000;

export interface DiskWatchOptions extends Pick<AgentPorts, "clock" | "log"> {
  readonly board: StatusBoard;
  readonly disk: DataDisk;
}

export class DiskWatch {
  private readonly task: RepeatingTask;
  /** When each file's room may be asked for again. */
  private readonly retryAt = new Map<string, number>();

  constructor(private readonly options: DiskWatchOptions) {
    const { clock, log } = options;
    this.task = new RepeatingTask({ name: "disk-watch", clock, log, run: () => this.run() });
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const { disk } = this.options;
    const space = await disk.space();
    if (space === null) return LOOK_EVERY_MS;
    const full = this.tell(space);
    if (full) await this.letGo();
    else await this.setAside(space);
    return LOOK_EVERY_MS;
  }

  private tell({ availableBytes, sizeBytes }: DiskSpace): boolean {
    const { board } = this.options;
    const was = board.now.disk?.full ?? false;
    const bound = Math.min(FULL_BELOW_BYTES, sizeBytes * FULL_BELOW_PART);
    // Somewhat more than the bound, lest it be told again and again.
    const full = availableBytes < (was ? 1.25 : 1) * bound;
    if (full !== was || board.now.disk == null) {
      board.update({ disk: { full, availableBytes, sizeBytes } });
      const left = `${inMebibytes(availableBytes)} of ${inMebibytes(sizeBytes)} MiB left`;
      board.setProblem("disk", full ? `the disk of its data is full: ${left}` : null);
    }
    return full;
  }

  /** etcd has ended, and is started again. */
  private async letGo(): Promise<void> {
    const { board, disk, log } = this.options;
    if (board.now.units.etcd.state !== "backoff") return;
    if ((await disk.takenBy(RESERVE_FILE)) === null) return;
    await disk.remove(RESERVE_FILE);
    log.warn({}, "etcd has ended on a full disk: the reserve is let go");
  }

  private async setAside(space: DiskSpace): Promise<void> {
    const atMost = space.sizeBytes * PART_MAX;
    const growth = Math.min(DATABASE_GROWTH_BYTES, atMost);
    const database = await this.options.disk.takenBy(DATABASE_FILE);
    if (database !== null && database.takenBytes < database.sizeBytes + growth / 2) {
      await this.keep("reserve", DATABASE_FILE, database.sizeBytes + growth);
    }
    const reserve = Math.min(RESERVE_BYTES, atMost);
    if (space.availableBytes < 4 * reserve) return;
    if ((await this.options.disk.takenBy(RESERVE_FILE)) !== null) return;
    await this.keep("make", RESERVE_FILE, reserve);
  }

  /** Where the file system knows of no such thing, all else is as it was. */
  private async keep(how: "reserve" | "make", path: string, bytes: number): Promise<void> {
    const { disk, log, clock } = this.options;
    if (clock.now() < (this.retryAt.get(path) ?? 0)) return;
    this.retryAt.set(path, clock.now() + RETRY_MS);
    try {
      await disk[how](path, Math.ceil(bytes));
    } catch (error) {
      log.debug({ path, bytes, error: messageOf(error) }, "no room can be set aside");
    }
  }
}

function inMebibytes(bytes: number): number {
  return Math.round(bytes / MIB);
}
