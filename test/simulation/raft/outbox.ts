/** Messages that promise what was written; they go when it is durable. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Disk } from "./disk.ts";
import type { NodeId, RaftMessage } from "./types.ts";

interface Outgoing {
  readonly to: NodeId;
  readonly message: RaftMessage;
}

export class Outbox {
  private waiting: Outgoing[] = [];
  private syncing = false;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly disk: Disk,
    private readonly deliver: (to: NodeId, message: RaftMessage) => void,
  ) {}

  push(to: NodeId, message: RaftMessage): void {
    this.waiting.push({ to, message });
  }

  /** Syncs what was written by now, one sync at a time, then lets go what waited for it. */
  flush(): void {
    while (!this.syncing && !this.stopped && (this.waiting.length > 0 || this.disk.dirty)) {
      const batch = this.waiting;
      this.waiting = [];
      this.syncing = true;
      this.disk.sync(this.clock, () => {
        this.syncing = false;
        this.release(batch);
      });
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private release(batch: readonly Outgoing[]): void {
    for (const { to, message } of batch) {
      if (this.stopped) return;
      this.deliver(to, message);
    }
    this.flush();
  }
}
