/** What holds of the cluster when it holds on each of its nodes. */
import type { AgentStatus } from "../../model/agent-api.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { conditionPolicy } from "./policy.ts";

/** @param lack what the node lacks, in a few words; null: nothing */
export function everyNodePolicy(lack: (agent: AgentStatus, view: ClusterView) => string | null) {
  return conditionPolicy(
    { OnEveryNode: "True", NotOnEveryNode: "False", NodesOutOfSight: "Unknown" },
    ({ view }) => {
      const nodes = view.nodes.filter((n) => n.desired);
      const lacking = nodes.flatMap(({ slot, agent }) => {
        const why = agent && lack(agent, view);
        return why === null ? [] : `slot ${slot}: ${why}`;
      });
      if (lacking.length > 0) return { reason: "NotOnEveryNode", message: lacking.join("; ") };
      const unseen = nodes.filter((n) => n.agent === null).map((n) => n.slot);
      if (unseen.length > 0) {
        const message = `Slots ${unseen.join(", ")} are out of sight.`;
        return { reason: "NodesOutOfSight", message };
      }
      return { reason: "OnEveryNode", message: "" };
    },
  );
}
