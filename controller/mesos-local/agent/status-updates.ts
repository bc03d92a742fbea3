/**
 * The agents' status update manager: updates of a task leave in order, the next one only when the
 * one before is acknowledged, and an unacknowledged one again and again with the same uuid
 * (Mesos: src/slave/task_status_update_manager.cpp).
 */
import type { TaskStatus } from "../../mesos/wire.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import type { Clock } from "../../model/ports.ts";
import { isTerminal, type TaskRecord } from "../master/model.ts";

const RETRY: Backoff = { firstMs: 10_000, capMs: 600_000 };

export interface UpdateTarget {
  /** Sends to the framework's stream; false when it has none now. */
  forward(task: TaskRecord, status: TaskStatus): boolean;
  /** Something that must survive a restart has changed. */
  changed(): void;
  /** The framework knows that the task is over: nothing of it needs remembering. */
  completed(task: TaskRecord): void;
}

export class StatusUpdates {
  private readonly retries = new Map<TaskRecord, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly target: UpdateTarget,
  ) {}

  /** Queues an update; it leaves at once when nothing before it waits for acknowledgement. */
  push(task: TaskRecord, status: TaskStatus): void {
    task.pending.push(status);
    if (task.pending.length === 1) this.forward(task);
    this.target.changed();
  }

  /** @returns false for an acknowledgement of nothing that is under way; it is ignored */
  acknowledge(task: TaskRecord, uuid: string): boolean {
    const [head] = task.pending;
    if (head?.uuid !== uuid) return false;
    task.pending.shift();
    this.forget(task);
    if (isTerminal(head.state)) this.target.completed(task);
    else if (task.pending.length > 0) this.forward(task);
    this.target.changed();
    return true;
  }

  /** The framework has a new stream: what it has not acknowledged leaves again at once. */
  resend(tasks: Iterable<TaskRecord>): void {
    for (const task of tasks) {
      this.forget(task);
      if (task.pending.length > 0) this.forward(task);
    }
  }

  /** Stops repeating; the task is dropped or the framework has gone. */
  forget(task: TaskRecord): void {
    this.retries.get(task)?.();
    this.retries.delete(task);
  }

  stop(): void {
    for (const cancel of this.retries.values()) cancel();
    this.retries.clear();
  }

  private forward(task: TaskRecord, attempt = 1): void {
    const [head] = task.pending;
    if (head === undefined) return;
    // Without a stream nothing is repeated: `resend` comes with the next one.
    if (!this.target.forward(task, head)) return;
    const again = () => this.forward(task, attempt + 1);
    this.retries.set(task, this.clock.after(delayAfter(RETRY, attempt), again));
  }
}
