import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import { fresh, lastKnown, type Observed } from "../../../controller/model/observed.ts";

/** What every agent says, changed. */
export function changeAgents(
  observed: Observed,
  change: (status: AgentStatus) => Partial<AgentStatus>,
): Observed {
  const agents = new Map(
    [...observed.agents].map(([taskId, source]) => {
      const status = lastKnown(source) as AgentStatus;
      return [taskId, fresh({ ...status, ...change(status) })] as const;
    }),
  );
  return { ...observed, agents };
}
