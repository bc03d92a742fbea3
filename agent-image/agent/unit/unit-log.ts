/**
 * Bounded log of one unit: a file that turns over once (`name.log`, `name.log.1`), and listeners
 * that follow it. Lines wait in memory while the disk is slow; what is too much is dropped and
 * counted, so that a unit that floods its log never blocks it.
 */
import { closeSync, openSync, readFileSync, readSync, renameSync, statSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { messageOf } from "../../../controller/model/errors.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { timedLine, timeOf } from "./timed-line.ts";

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const PENDING_BYTES_MAX = 1024 * 1024;
/** The most that `tail` reads back. */
const TAIL_BYTES_MAX = 1024 * 1024;

export class UnitLog {
  private readonly listeners = new Set<(line: string) => void>();
  private pending: string[] = [];
  private pendingBytes = 0;
  private dropped = 0;
  private fileBytes: number;
  private flushing: Promise<void> | null = null;
  /** Why the file cannot be written; null while it can. */
  error: string | null = null;

  /** @param path of the present file; its directory must be there */
  constructor(
    private readonly path: string,
    private readonly fileBytesMax = FILE_BYTES_MAX,
    private readonly now: () => number = () => systemClock.now(),
  ) {
    this.fileBytes = sizeOf(path);
  }

  /** Nothing was ever written. */
  get isEmpty(): boolean {
    return sizeOf(this.path) === 0;
  }

  write(text: string): void {
    const line = timedLine(text, this.now());
    for (const listener of this.listeners) listener(line);
    const bytes = Buffer.byteLength(line) + 1;
    if (this.pendingBytes + bytes > PENDING_BYTES_MAX) {
      this.dropped += 1;
      return;
    }
    this.pending.push(line);
    this.pendingBytes += bytes;
    this.flushing ??= this.flushAll();
  }

  /** Calls back on each later line, which begins with its time; the returned function ends it. */
  follow(listener: (line: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Everything written so far is in the file when this resolves. */
  async flush(): Promise<void> {
    while (this.flushing !== null) await this.flushing;
  }

  /**
   * The last `count` lines that are in the files, oldest first, each with its time (timed-line.ts). Call
   * `flush` before.
   *
   * @param since milliseconds since the epoch: older ones are left out; null: none is too old
   */
  tail(count: number, since: number | null = null): string[] {
    const now = readEnd(this.path, TAIL_BYTES_MAX);
    const lines = linesOf(now);
    if (lines.length < count && now.length < TAIL_BYTES_MAX) {
      const before = readEnd(`${this.path}.1`, TAIL_BYTES_MAX - now.length);
      lines.unshift(...linesOf(before));
    }
    const first = since === null ? 0 : lines.findIndex((line) => (timeOf(line) ?? 0) >= since);
    return count === 0 || first < 0 ? [] : lines.slice(first).slice(-count);
  }

  private async flushAll(): Promise<void> {
    // The lines of one turn of the event loop go to the disk together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.pending.length > 0) {
      const lines = this.pending;
      if (this.dropped > 0) {
        const text = `… ${this.dropped} lines dropped: the disk is too slow`;
        lines.push(timedLine(text, this.now()));
      }
      this.pending = [];
      this.pendingBytes = 0;
      this.dropped = 0;
      await this.append(`${lines.join("\n")}\n`);
    }
    this.flushing = null;
  }

  private async append(text: string): Promise<void> {
    try {
      if (this.fileBytes > this.fileBytesMax) {
        renameSync(this.path, `${this.path}.1`);
        this.fileBytes = 0;
      }
      await appendFile(this.path, text, { mode: 0o640 });
      this.fileBytes += Buffer.byteLength(text);
      this.error = null;
    } catch (error) {
      this.error = messageOf(error);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readEnd(path: string, bytesMax: number): Buffer {
  const size = sizeOf(path);
  if (size <= bytesMax) return size === 0 ? Buffer.alloc(0) : readFileSync(path);
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(bytesMax);
    const read = readSync(fd, buffer, 0, bytesMax, size - bytesMax);
    return buffer.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

function linesOf(text: Buffer): string[] {
  const lines = text.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
