/**
 * What becomes of the agents' tasks when the agents are cut off. They all share one Docker engine,
 * so they are connected and lost together.
 */
import type { TaskState, TaskStatus } from "../../mesos/wire.ts";
import type { Clock } from "../../model/ports.ts";
import { hasCapability, isTerminal, taskIdOf, type TaskRecord } from "./model.ts";
import type { OfferBook } from "./offers.ts";
import type { AgentState } from "./reconcile.ts";
import type { Registry } from "./registry.ts";
import { latestKnown, masterStatus } from "./statuses.ts";

/** Five pings of 15 s each: Mesos's default until an agent counts as unreachable. */
const UNREACHABLE_AFTER_MS = 75_000;

export class Agents {
  private state: AgentState = "recovering";
  private cancelTimer: () => void = () => undefined;
  private connectedNow = false;

  constructor(
    private readonly registry: Registry,
    private readonly offers: OfferBook,
    private readonly tell: (task: TaskRecord, status: TaskStatus) => void,
    private readonly clock: Clock,
  ) {
    this.startTimer();
  }

  get areConnected(): boolean {
    return this.connectedNow;
  }

  states(): ReadonlyMap<string, AgentState> {
    return new Map([...this.registry.agents.keys()].map((id) => [id, this.state]));
  }

  connected(): void {
    this.cancelTimer();
    this.connectedNow = true;
    this.state = "registered";
    for (const task of this.registry.allTasks()) {
      if (task.unreachableSince === null) continue;
      task.unreachableSince = null;
      if (isTerminal(task.state)) continue;
      const text = "Unreachable agent re-reregistered";
      this.tell(task, latestKnown(task, "REASON_AGENT_REREGISTERED", text, this.clock.now()));
    }
    this.offers.allocateNow();
  }

  disconnected(): void {
    this.connectedNow = false;
    this.offers.rescindAll();
    this.startTimer();
  }

  stop(): void {
    this.cancelTimer();
  }

  private startTimer(): void {
    this.cancelTimer();
    this.cancelTimer = this.clock.after(UNREACHABLE_AFTER_MS, () => this.unreachable());
  }

  private unreachable(): void {
    this.state = "unreachable";
    const now = this.clock.now();
    for (const task of this.registry.allTasks()) {
      if (isTerminal(task.state)) continue;
      task.unreachableSince = now;
      this.tell(task, this.lostStatus(task, now));
    }
    for (const { stream } of this.registry.frameworks.values()) {
      for (const id of this.registry.agents.keys()) {
        stream?.send({ type: "FAILURE", failure: { agent_id: { value: id } } });
      }
    }
  }

  private lostStatus(task: TaskRecord, now: number): TaskStatus {
    const info = this.registry.frameworks.get(task.frameworkId)?.record.info;
    const isAware = info !== undefined && hasCapability(info, "PARTITION_AWARE");
    const state: TaskState = isAware ? "TASK_UNREACHABLE" : "TASK_LOST";
    return {
      ...masterStatus({
        taskId: taskIdOf(task),
        agentId: task.agentId,
        state,
        reason: "REASON_AGENT_REMOVED",
        message: "health check timed out",
        now,
      }),
      unreachable_time: { nanoseconds: now * 1_000_000 },
    };
  }
}
