/** What holds of the cluster when it holds on each of its nodes. */
import type { AgentStatus } from "../../model/agent-api.ts";
import { bySlots, sentence, slotsDo } from "../../model/slots-text.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { conditionPolicy } from "./policy.ts";

/** @param lack what the node lacks, in a few words; null: nothing */
export function everyNodePolicy(lack: (agent: AgentStatus, view: ClusterView) => string | null) {
  return conditionPolicy(
    { OnEveryNode: "True", NotOnEveryNode: "False", NodesOutOfSight: "Unknown" },
    ({ view }) => {
      const nodes = view.nodes.filter((n) => n.desired && !n.spare);
      const slotsOf = new Map<string, number[]>();
      for (const { slot, agent } of nodes) {
        const why = agent && lack(agent, view);
        if (why !== null) slotsOf.set(why, [...(slotsOf.get(why) ?? []), slot]);
      }
      if (slotsOf.size > 0) return { reason: "NotOnEveryNode", message: bySlots(slotsOf) };
      const unseen = nodes.filter((n) => n.agent === null).map((n) => n.slot);
      if (unseen.length > 0) {
        const message = sentence(slotsDo(unseen, "is out of sight.", "are out of sight."));
        return { reason: "NodesOutOfSight", message };
      }
      return { reason: "OnEveryNode", message: "" };
    },
  );
}
