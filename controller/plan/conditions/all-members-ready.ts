import { notReadyReasons } from "../health/readiness.ts";
import { conditionPolicy } from "./policy.ts";

export const allMembersReady = conditionPolicy(
  { AllReady: "True", NodesNotReady: "False" },
  ({ view, launchBlockers }) => {
    const lacking = view.nodes
      .filter((n) => n.desired)
      .map((n) => ({ slot: n.slot, reasons: notReadyReasons(n, view) }))
      .filter((n) => n.reasons.length > 0);
    if (lacking.length === 0) return { reason: "AllReady", message: "" };
    const message = lacking
      .map(({ slot, reasons }) => `slot ${slot}: ${launchBlockers.get(slot) ?? reasons.join(", ")}`)
      .join("; ");
    return { reason: "NodesNotReady", message };
  },
);
