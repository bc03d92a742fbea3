/** The life of the framework's tasks: launched, followed, asked for, killed. */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { SendCall } from "../http/call-channel.ts";
import type { TaskInfo, TaskStatus } from "../wire.ts";
import { Acknowledger } from "./acknowledger.ts";
import { Reconciliation } from "./reconciliation.ts";
import { TaskKiller } from "./task-killer.ts";
import type { TaskStore } from "./task-store.ts";

export interface TaskTrackerDeps {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: SendCall;
  /** Every task of a slot, and every other that may run, has answered. */
  onReconciled(): void;
}

/** What is left of an offer after a launch shall come back at once: the next node waits for it. */
const ACCEPT_FILTERS = { refuse_seconds: 0 };

export class TaskTracker {
  private readonly store: TaskStore;
  private readonly reconciliation: Reconciliation;
  private readonly killer: TaskKiller;
  private readonly acknowledger: Acknowledger;
  /** Tasks whose ACCEPT is under way. */
  private readonly launching = new Set<string>();

  constructor(private readonly deps: TaskTrackerDeps) {
    const { store, clock, log, send } = deps;
    this.store = store;
    this.killer = new TaskKiller(send, clock, log);
    this.acknowledger = new Acknowledger(store, send, log);
    this.reconciliation = new Reconciliation({
      store,
      isLaunching: (taskId) => this.launching.has(taskId),
      prune: () => this.prune(),
      send,
      clock,
      log,
      onReconciled: () => deps.onReconciled(),
    });
  }

  get reconciled(): boolean {
    return this.reconciliation.complete;
  }

  subscribed(): void {
    this.store.recallOrphans();
    this.reconciliation.subscribed();
    this.killer.subscribed();
  }

  disconnected(): void {
    this.reconciliation.disconnected();
    this.killer.disconnected();
  }

  /** Resolves when everything that was learnt so far is stored. */
  drain(): Promise<void> {
    return this.acknowledger.drain();
  }

  update(status: TaskStatus): void {
    const { log } = this.deps;
    const taskId = status.task_id.value;
    const { state, reason, message } = status;
    const { task, changed, ignored, ask } = this.store.apply(status);
    if (ignored !== undefined) log.debug({ taskId, state, reason, ignored }, "task status ignored");
    if (changed) log.info({ taskId, state, reason, message }, "task status");
    if (changed || status.uuid !== undefined) this.acknowledger.settle(status, task);
    // A status that was not believed is no answer, but for a copy of an earlier one.
    if (ask === true) this.reconciliation.ask({ taskId, agentId: task?.agentId ?? null });
    else this.reconciliation.answered(taskId);
    this.followUp(taskId, task, status);
  }

  /** An agent is out of reach or gone. What that means for its tasks is asked for. */
  agentFailed(agentId: string): void {
    for (const task of this.store.open()) {
      if (task.agentId === agentId) this.reconciliation.ask(task);
    }
  }

  /**
   * Sends an ACCEPT. The tasks are in the store as TASK_STAGING before it leaves.
   * @param tasks with resources as they are offered
   * @throws OperationError. ERR_MESOS_REFUSED: nothing was launched, and the store says
   *   TASK_DROPPED; any other: the master is asked what became of them
   */
  async launch(offerIds: readonly string[], tasks: readonly TaskInfo[]): Promise<void> {
    for (const { task_id, agent_id } of tasks) {
      this.store.stage(task_id.value, agent_id.value);
      this.launching.add(task_id.value);
    }
    try {
      await this.deps.send({
        type: "ACCEPT",
        accept: {
          offer_ids: offerIds.map((value) => ({ value })),
          operations: [{ type: "LAUNCH", launch: { task_infos: [...tasks] } }],
          filters: ACCEPT_FILTERS,
        },
      });
    } catch (error) {
      for (const task of tasks) this.launchFailed(task, error);
      throw error;
    } finally {
      for (const { task_id } of tasks) this.launching.delete(task_id.value);
    }
  }

  /** @throws OperationError when the KILL could not be sent now; it is repeated all the same */
  async kill(taskId: string, agentId: string | null, graceMs?: number): Promise<void> {
    const known = this.store.get(taskId);
    if (known !== undefined && taskEnd(known.state) === "ended") return;
    await this.killer.kill(taskId, agentId ?? known?.agentId ?? null, graceMs ?? null);
  }

  private followUp(taskId: string, task: ObservedTask | null, { state }: TaskStatus): void {
    const end = taskEnd(task?.state ?? state);
    if (end === "ended") this.killer.settle(taskId);
    if (end === "uncertain") this.reconciliation.watch();
  }

  private launchFailed({ task_id, agent_id }: TaskInfo, failure: unknown): void {
    const taskId = task_id.value;
    if (failure instanceof OperationError && failure.code === ERROR_CODES.MESOS_REFUSED) {
      const message = messageOf(failure);
      this.update({ task_id, agent_id, state: "TASK_DROPPED", source: "SOURCE_MASTER", message });
    } else {
      this.reconciliation.ask({ taskId, agentId: agent_id.value });
    }
  }

  private prune(): void {
    this.killer.prune((taskId) => this.store.isKnown(taskId));
    this.store.pruneOrphans().catch((error: unknown) => {
      // What is left is found again at the next start.
      this.deps.log.warn({ error: messageOf(error) }, "a task's file was not removed");
    });
  }
}
