import { sentence, slotsDo } from "../../model/slots-text.ts";
import { notReadyReasons } from "../health/readiness.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { conditionPolicy } from "./policy.ts";

export const recovering = conditionPolicy(
  { NodesComeBack: "True", NothingLost: "False" },
  ({ view, input }) => {
    const back = view.nodes.filter((n) => comesBack(n, view));
    if (back.length === 0 || input.memory.firstReadyAt === null || view.desiredStopped) {
      return { reason: "NothingLost", message: "" };
    }
    const slots = back.map((n) => n.slot);
    const message = sentence(slotsDo(slots, "comes back.", "come back."));
    return { reason: "NodesComeBack", message };
  },
);

/** It was launched again, and was never ready since: one that was is not lost by being out of sight. */
function comesBack(node: NodeView, view: ClusterView): boolean {
  const { desired, spare, task, memory } = node;
  if (!desired || spare || memory.launches <= 1 || task?.readyAt != null) return false;
  return notReadyReasons(node, view).length > 0;
}
