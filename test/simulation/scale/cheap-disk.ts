/** The state directory: what is written becomes text, and is durable after a while. */
import type { Clock } from "../../../controller/model/ports.ts";

/** Writes under way at a time: Node's pool for files has four threads. */
const LANES = 4;
/** A file written beside, synced, renamed, and its directory synced, on a solid-state disk. */
const WRITE_MS = 2;

export class CheapDisk {
  writes = 0;
  bytes = 0;
  /** When each lane is free again. */
  private readonly free: number[] = Array.from({ length: LANES }, () => 0);

  constructor(private readonly clock: Clock) {}

  write(value: unknown): Promise<void> {
    this.writes += 1;
    this.bytes += JSON.stringify(value).length;
    const now = this.clock.now();
    const earliest = Math.min(...this.free);
    const done = Math.max(now, earliest) + WRITE_MS;
    this.free[this.free.indexOf(earliest)] = done;
    return new Promise((resolve) => {
      this.clock.after(done - now, resolve);
    });
  }
}
