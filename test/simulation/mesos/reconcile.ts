/** What a master answers to RECONCILE; no answer is one of the answers (docs/mesos.md). */
import type { Id, TaskState, TaskStatus } from "../../../controller/mesos/wire.ts";
import type { MesosMaster } from "./master.ts";
import { isTerminal } from "./mesos-agent.ts";
import type { Registry } from "./registry.ts";
import { bareStatus } from "./statuses.ts";

const REASON = "REASON_RECONCILIATION";

export function reconcile(
  { agents }: Pick<MesosMaster, "agents">,
  registry: Registry,
  asked: readonly { readonly task_id: Id; readonly agent_id?: Id }[],
): readonly TaskStatus[] {
  if (asked.length === 0) {
    const known = agents.all().flatMap((a) => [...a.tasks.values()]);
    return known.filter((t) => !isTerminal(t.status.state)).map((t) => answerOf(t.status));
  }
  return asked.flatMap(({ task_id, agent_id }) => {
    const taskId = task_id.value;
    const known = agents.agentOfTask(taskId)?.tasks.get(taskId);
    if (known !== undefined) return [answerOf(known.status)];
    const agentId = agent_id?.value ?? null;
    const state = stateOf(agentId, agents, registry);
    return state === null ? [] : [bareStatus(taskId, agentId, state, { reason: REASON })];
  });
}

/** Of a task that the master does not know. Null: it waits for the agent to come back. */
function stateOf(
  agentId: string | null,
  agents: MesosMaster["agents"],
  registry: Registry,
): TaskState | null {
  if (agentId === null) {
    const recovering = registry.agentIds().some((id) => isAwaited(id, agents, registry));
    return recovering ? null : "TASK_UNKNOWN";
  }
  if (agents.get(agentId) !== undefined) return "TASK_GONE";
  if (registry.unreachable.has(agentId)) return "TASK_UNREACHABLE";
  if (registry.gone.has(agentId)) return "TASK_GONE_BY_OPERATOR";
  return isAwaited(agentId, agents, registry) ? null : "TASK_UNKNOWN";
}

function isAwaited(agentId: string, agents: MesosMaster["agents"], registry: Registry): boolean {
  if (!registry.isAdmitted(agentId) || registry.unreachable.has(agentId)) return false;
  return agents.get(agentId) === undefined;
}

function answerOf({ uuid: _uuid, ...status }: TaskStatus): TaskStatus {
  return { ...status, source: "SOURCE_MASTER", reason: REASON };
}
