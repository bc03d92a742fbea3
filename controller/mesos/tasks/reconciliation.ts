/**
 * Asks the master what is true of our tasks (Mesos, "Reconciliation"): each remembered task by name
 * after every subscription, again and again until it has answered, and everything at intervals. A
 * master that was just elected does not answer for agents that have not come back to it, and tells
 * nothing later, so only repeating helps.
 */
import { messageOf } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import type { SendCall } from "../http/call-channel.ts";
import type { TaskRef, TaskStore } from "./task-store.ts";

export const ASK_PACE: Backoff = { firstMs: 500, capMs: 15_000 };
/**
 * Everything that the master knows, whether asked for or not: soon after a subscription, for what
 * another controller launched, or an agent brought back, was told to nobody; then ever more seldom.
 */
const IMPLICIT_PACE: Backoff = { firstMs: 15_000, capMs: 10 * 60 * 1000 };
/** One call names at most so many tasks. */
const BATCH_MAX = 500;

export interface ReconciliationDeps {
  readonly store: Pick<TaskStore, "intended" | "open" | "doubtful">;
  readonly send: SendCall;
  readonly clock: Clock;
  readonly log: Logger;
  /** An ACCEPT with this task is on its way: the answer could overtake it and deny the task. */
  isLaunching(taskId: string): boolean;
  /** Time to let go of what nobody needs any more. */
  prune(): void;
  /** Every task of a slot, and every other that may run, has answered since the last subscription. */
  onReconciled(): void;
}

export class Reconciliation {
  /** Tasks that have not answered since the last subscription, with the agent to ask about. */
  private readonly pending = new Map<string, string | null>();
  /** Tasks to ask for once, out of turn. */
  private readonly asked = new Map<string, string | null>();
  private rounds = 0;
  private cancelRound: (() => void) | null = null;
  private cancelImplicit: (() => void) | null = null;
  private running = false;

  constructor(private readonly deps: ReconciliationDeps) {}

  /** Every task of a slot, and every other that may run, has answered since the last subscription. */
  get complete(): boolean {
    return this.running && this.pending.size === 0;
  }

  subscribed(): void {
    this.disconnected();
    this.running = true;
    const { store } = this.deps;
    for (const { taskId, agentId } of store.open()) this.pending.set(taskId, agentId);
    for (const { taskId, agentId } of store.intended()) this.pending.set(taskId, agentId);
    this.rounds = 0;
    this.round();
    this.startImplicit(1);
  }

  disconnected(): void {
    this.running = false;
    this.pending.clear();
    this.asked.clear();
    this.cancelRound?.();
    this.cancelImplicit?.();
    this.cancelRound = null;
    this.cancelImplicit = null;
  }

  /** A status of this task came, whatever it says. */
  answered(taskId: string): void {
    this.asked.delete(taskId);
    if (this.pending.delete(taskId) && this.pending.size === 0) this.deps.onReconciled();
  }

  /** What we were told of this task is doubtful: ask at once, then at the usual pace. */
  ask({ taskId, agentId }: TaskRef): void {
    if (!this.running) return;
    this.asked.set(taskId, agentId);
    this.rounds = 0;
    this.schedule(ASK_PACE.firstMs);
  }

  /** Something in the store became doubtful. */
  watch(): void {
    if (this.running && this.cancelRound === null) this.schedule(ASK_PACE.firstMs);
  }

  private round(): void {
    this.cancelRound = null;
    this.dropForgotten();
    const tasks = new Map([
      ...this.deps.store.doubtful().map((t) => [t.taskId, t.agentId] as const),
      ...this.pending,
      ...this.asked,
    ]);
    this.asked.clear();
    this.rounds += 1;
    if (tasks.size === 0) return;
    this.askFor(tasks);
    this.schedule(delayAfter(ASK_PACE, this.rounds));
  }

  /** Nobody waits any more for what has been forgotten meanwhile. */
  private dropForgotten(): void {
    if (this.pending.size === 0) return;
    const { store } = this.deps;
    const wanted = new Set([...store.intended(), ...store.open()].map(({ taskId }) => taskId));
    for (const taskId of this.pending.keys()) {
      if (!wanted.has(taskId)) this.answered(taskId);
    }
  }

  private schedule(delayMs: number): void {
    this.cancelRound?.();
    this.cancelRound = this.deps.clock.after(delayMs, () => this.round());
  }

  private startImplicit(round: number): void {
    this.cancelImplicit = this.deps.clock.after(delayAfter(IMPLICIT_PACE, round), () => {
      this.deps.prune();
      this.reconcile([]);
      // The implicit answer leaves out what the master does not know.
      this.askFor(new Map(this.deps.store.open().map((t) => [t.taskId, t.agentId])));
      this.startImplicit(round + 1);
    });
  }

  private askFor(tasks: ReadonlyMap<string, string | null>): void {
    const refs = [...tasks].filter(([taskId]) => !this.deps.isLaunching(taskId));
    for (let start = 0; start < refs.length; start += BATCH_MAX) {
      this.reconcile(refs.slice(start, start + BATCH_MAX));
    }
  }

  private reconcile(refs: readonly (readonly [string, string | null])[]): void {
    const tasks = refs.map(([taskId, agentId]) => ({
      task_id: { value: taskId },
      // Without it a task on an unreachable agent would be answered as unknown.
      ...(agentId === null ? {} : { agent_id: { value: agentId } }),
    }));
    const { send, log } = this.deps;
    send({ type: "RECONCILE", reconcile: { tasks } }).catch((error: unknown) => {
      log.warn({ tasks: tasks.length, error: messageOf(error) }, "Mesos RECONCILE failed");
    });
  }
}
