/** When is an etcd that keeps ending beyond what a restart can mend? */
import type { AgentStatus } from "../../model/agent-api.ts";
import type { SlotTask } from "../../model/memory.ts";

/** Milliseconds; the agent's own waits between restarts grow within it. */
export const FAILING_MAX_MS = 30_000;
/** So often at least must it have been started again. */
const RESTARTS_MIN = 3;

/** `task.etcdFailingSince` is durable, so that a restart of the controller does not start anew. */
export function isEtcdFailing(
  agent: AgentStatus | null,
  task: SlotTask | null,
  now: number,
): boolean {
  const since = task?.etcdFailingSince ?? null;
  if (agent === null || since === null || agent.etcd !== null) return false;
  return now - since >= FAILING_MAX_MS && agent.units.etcd.restarts >= RESTARTS_MIN;
}
