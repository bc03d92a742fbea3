/**
 * A Mesos agent's updates of its tasks: one at a time for each task, repeated until the scheduler
 * has acknowledged it. They are checkpointed, so a restart of the agent loses none.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";

const REPEAT_MS_FIRST = 10_000;
const REPEAT_MS_MAX = 600_000;
/** Updates that were acknowledged and can still come as copies. */
const COPIES_MAX = 12;

interface Stream {
  readonly waiting: TaskStatus[];
  repeatMs: number;
  cancel: () => void;
}

export class UpdateStreams {
  private readonly streams = new Map<string, Stream>();
  /** The newest last. */
  private done: readonly TaskStatus[] = [];

  constructor(
    private readonly clock: Clock,
    /** Towards the master, if the agent has one now. */
    private readonly forward: (status: TaskStatus) => void,
  ) {}

  add(status: TaskStatus): void {
    const taskId = status.task_id.value;
    let stream = this.streams.get(taskId);
    if (stream === undefined) {
      stream = { waiting: [], repeatMs: REPEAT_MS_FIRST, cancel: () => undefined };
      this.streams.set(taskId, stream);
    }
    stream.waiting.push(status);
    if (stream.waiting.length === 1) this.send(stream);
  }

  /** @returns the update, when it was the one that waited */
  acknowledge(taskId: string, uuid: string): TaskStatus | null {
    const stream = this.streams.get(taskId);
    const [head] = stream?.waiting ?? [];
    if (stream === undefined || head?.uuid !== uuid) return null;
    stream.cancel();
    stream.waiting.shift();
    this.done = [...this.done, head].slice(-COPIES_MAX);
    stream.repeatMs = REPEAT_MS_FIRST;
    if (stream.waiting.length > 0) this.send(stream);
    else this.streams.delete(taskId);
    return head;
  }

  acknowledged(): readonly TaskStatus[] {
    return this.done;
  }

  /** Of a task that nobody is told of any more. */
  forget(taskId: string): void {
    this.streams.get(taskId)?.cancel();
    this.streams.delete(taskId);
  }

  hasWaiting(taskId: string): boolean {
    return this.streams.has(taskId);
  }

  /** There is a new master, or the scheduler is back. */
  sendAll(): void {
    for (const stream of this.streams.values()) {
      stream.repeatMs = REPEAT_MS_FIRST;
      this.send(stream);
    }
  }

  /** The process has ended; what waits is on its disk. */
  pause(): void {
    for (const stream of this.streams.values()) stream.cancel();
  }

  forgetAll(): void {
    this.pause();
    this.streams.clear();
    this.done = [];
  }

  private send(stream: Stream): void {
    const [head] = stream.waiting;
    if (head === undefined) return;
    stream.cancel();
    stream.cancel = this.clock.after(stream.repeatMs, () => this.send(stream));
    stream.repeatMs = Math.min(stream.repeatMs * 2, REPEAT_MS_MAX);
    this.forward(head);
  }
}
