/**
 * Stores what was learnt of a task, and only then acknowledges the update. Until then Mesos repeats
 * it, so nothing is lost when this fails: the next copy tries again.
 */
import { messageOf } from "../../model/errors.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { Logger } from "../../model/ports.ts";
import type { SendCall } from "../http/call-channel.ts";
import type { TaskStatus } from "../wire.ts";
import type { TaskStore } from "./task-store.ts";

/** More than this at once are left for Mesos to repeat. */
const WAITING_MAX = 1000;

export class Acknowledger {
  /** The last piece of work of each task: one task's updates are handled one after the other. */
  private readonly last = new Map<string, Promise<void>>();
  private waiting = 0;

  constructor(
    private readonly store: Pick<TaskStore, "save">,
    private readonly send: SendCall,
    private readonly log: Logger,
  ) {}

  /** @param task to be stored before; null: the update says nothing that is worth storing */
  settle(status: TaskStatus, task: ObservedTask | null): void {
    const taskId = status.task_id.value;
    if (this.waiting >= WAITING_MAX) {
      this.log.warn({ taskId }, "too many Mesos updates at once, one is left to be repeated");
      return;
    }
    this.waiting += 1;
    const work = (this.last.get(taskId) ?? Promise.resolve())
      .then(() => this.handle(status, task))
      .finally(() => {
        this.waiting -= 1;
        if (this.last.get(taskId) === work) this.last.delete(taskId);
      });
    this.last.set(taskId, work);
  }

  /** Resolves when everything that came so far is stored; what comes later is not waited for. */
  async drain(): Promise<void> {
    await Promise.all(this.last.values());
  }

  private async handle(status: TaskStatus, task: ObservedTask | null): Promise<void> {
    const { task_id, uuid, state } = status;
    const taskId = task_id.value;
    try {
      if (task !== null) await this.store.save(task);
    } catch (error) {
      this.log.error({ taskId, state, error: messageOf(error) }, "task status was not stored");
      return;
    }
    const agent_id =
      status.agent_id ?? (task?.agentId == null ? undefined : { value: task.agentId });
    if (uuid === undefined || agent_id === undefined) return;
    try {
      await this.send({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
    } catch (error) {
      // Mesos repeats the update, and the copy is acknowledged.
      this.log.debug({ taskId, state, error: messageOf(error) }, "acknowledgement was not sent");
    }
  }
}
