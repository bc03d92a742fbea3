/**
 * What becomes of the agents' tasks when an agent is cut off. Each is connected and lost for itself;
 * agents that share a Docker engine go and come together.
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

interface Connection {
  state: AgentState;
  isConnected: boolean;
  cancelTimer: () => void;
}

export class Agents {
  private readonly connections: ReadonlyMap<string, Connection>;

  constructor(
    private readonly registry: Registry,
    private readonly offers: OfferBook,
    private readonly tell: (task: TaskRecord, status: TaskStatus) => void,
    private readonly clock: Clock,
  ) {
    const begin = (id: string): [string, Connection] => [
      id,
      {
        state: "recovering",
        isConnected: false,
        cancelTimer: this.unreachableAfter(id, UNREACHABLE_AFTER_MS),
      },
    ];
    this.connections = new Map([...registry.agents.keys()].map(begin));
  }

  isConnected(id: string): boolean {
    return this.connection(id).isConnected;
  }

  states(): ReadonlyMap<string, AgentState> {
    return new Map([...this.connections].map(([id, { state }]) => [id, state]));
  }

  connected(id: string): void {
    const connection = this.connection(id);
    connection.cancelTimer();
    connection.isConnected = true;
    connection.state = "registered";
    for (const task of this.tasksOf(id)) {
      if (task.unreachableSince === null) continue;
      task.unreachableSince = null;
      if (isTerminal(task.state)) continue;
      const text = "Unreachable agent re-reregistered";
      this.tell(task, latestKnown(task, "REASON_AGENT_REREGISTERED", text, this.clock.now()));
    }
    this.offers.allocateNow();
  }

  /** @param heardAt when it last answered, ms since the epoch: its time runs from then */
  disconnected(id: string, heardAt: number): void {
    const connection = this.connection(id);
    connection.isConnected = false;
    this.offers.rescindAllOn(id);
    connection.cancelTimer();
    const silentMs = Math.max(0, this.clock.now() - heardAt);
    connection.cancelTimer = this.unreachableAfter(
      id,
      Math.max(0, UNREACHABLE_AFTER_MS - silentMs),
    );
  }

  stop(): void {
    for (const { cancelTimer } of this.connections.values()) cancelTimer();
  }

  private connection(id: string): Connection {
    const connection = this.connections.get(id);
    if (connection === undefined) throw new Error(`no agent ${id}`);
    return connection;
  }

  private tasksOf(id: string): TaskRecord[] {
    return this.registry.allTasks().filter((task) => task.agentId === id);
  }

  private unreachableAfter(id: string, delayMs: number): () => void {
    return this.clock.after(delayMs, () => this.unreachable(id));
  }

  private unreachable(id: string): void {
    this.connection(id).state = "unreachable";
    const now = this.clock.now();
    for (const task of this.tasksOf(id)) {
      if (isTerminal(task.state)) continue;
      task.unreachableSince = now;
      this.tell(task, this.lostStatus(task, now));
    }
    for (const { stream } of this.registry.frameworks.values()) {
      stream?.send({ type: "FAILURE", failure: { agent_id: { value: id } } });
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
