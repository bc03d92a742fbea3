import { sentence, slotsDo } from "../../model/slots-text.ts";
import { notReadyReasons } from "../health/readiness.ts";
import { conditionPolicy } from "./policy.ts";

export const recovering = conditionPolicy(
  { NodesComeBack: "True", NothingLost: "False" },
  ({ view, input }) => {
    const back = view.nodes.filter(
      (n) => n.desired && !n.spare && n.memory.launches > 1 && notReadyReasons(n, view).length > 0,
    );
    if (back.length === 0 || input.memory.firstReadyAt === null || view.desiredStopped) {
      return { reason: "NothingLost", message: "" };
    }
    const slots = back.map((n) => n.slot);
    const message = sentence(slotsDo(slots, "comes back.", "come back."));
    return { reason: "NodesComeBack", message };
  },
);
