/** Answers to RECONCILE, as a Mesos 1.12 master gives them. Pure. */
import type { TaskState, TaskStatus } from "../../mesos/wire.ts";
import type { TaskRecord } from "./model.ts";
import { isReportedTerminal, latestKnown, masterStatus } from "./statuses.ts";

/**
 * `recovering`: known from the checkpoint, not seen since this master started. Mesos then does not
 * know the agent's tasks yet and gives no answer at all.
 */
export type AgentState = "registered" | "recovering" | "unreachable";

export interface ReconcileInput {
  readonly requested: readonly {
    readonly task_id: { value: string };
    readonly agent_id?: { value: string };
  }[];
  readonly partitionAware: boolean;
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** By agent id; no entry: never heard of. */
  readonly agents: ReadonlyMap<string, AgentState>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const REASON = "REASON_RECONCILIATION";
const LATEST = "Reconciliation: Latest task state";

/** An empty request asks for everything that is known and not over. */
export function reconcile(input: ReconcileInput): TaskStatus[] {
  if (input.requested.length === 0) {
    return [...input.tasks.values()]
      .filter((t) => !isReportedTerminal(t) && input.agents.get(t.agentId) === "registered")
      .map((t) => latestKnown(t, REASON, LATEST, input.now));
  }
  return input.requested.flatMap((request) => {
    const taskId = request.task_id.value;
    const answer = answerFor(input, taskId, request.agent_id?.value ?? null);
    return answer === null ? [] : [answer];
  });
}

function answerFor(
  input: ReconcileInput,
  taskId: string,
  agentId: string | null,
): TaskStatus | null {
  const task = input.tasks.get(taskId);
  const own = task === undefined ? undefined : input.agents.get(task.agentId);
  if (task !== undefined && own === "registered") {
    return latestKnown(task, REASON, LATEST, input.now);
  }
  if (own === "recovering") return null;
  const state = agentId === null ? undefined : input.agents.get(agentId);
  switch (state) {
    case "recovering":
      return null;
    case "registered":
      return status(input, taskId, agentId, "TASK_GONE", "Task is unknown to the agent");
    case "unreachable":
      return {
        ...status(input, taskId, agentId, "TASK_UNREACHABLE", "Task is unreachable"),
        ...(task?.unreachableSince == null
          ? {}
          : { unreachable_time: { nanoseconds: task.unreachableSince * 1_000_000 } }),
      };
    case undefined:
      return status(input, taskId, agentId, "TASK_UNKNOWN", "Task is unknown");
  }
}

/** Frameworks that are not PARTITION_AWARE know one word for all of it. */
function status(
  input: ReconcileInput,
  taskId: string,
  agentId: string | null,
  state: TaskState,
  text: string,
): TaskStatus {
  const told = input.partitionAware ? state : "TASK_LOST";
  const message = `Reconciliation: ${text}`;
  return masterStatus({ taskId, agentId, state: told, reason: REASON, message, now: input.now });
}
