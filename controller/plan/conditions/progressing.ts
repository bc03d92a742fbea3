import { isRebalancing } from "../../model/rebalance.ts";
import { describeWaits } from "../kernels/await-kernels.ts";
import type { PolicyResults } from "./policies.ts";
import { conditionPolicy } from "./policy.ts";
import type { ReadyResult } from "./ready.ts";

export const progressing = conditionPolicy(
  {
    ...{ Reconciling: "True", Rebalancing: "True", AwaitingKernels: "True" },
    ...{ Converged: "False", Stopped: "False" },
  },
  (context, ready: ReadyResult, updated: PolicyResults["AllMembersUpdated"]) => {
    const { view, rebalance } = context;
    const waits = ready.status === "True" ? describeWaits(view, context) : [];
    if (waits.length > 0) {
      return { reason: "AwaitingKernels", message: `Waiting: ${waits.join("; ")}.` };
    }
    if (ready.status === "True" && updated.status === "True") {
      if (isRebalancing(rebalance) && !rebalance.preview) {
        return {
          reason: "Rebalancing",
          message: "Nodes move to hosts where they are spread better.",
        };
      }
      return { reason: "Converged", message: "" };
    }
    if (view.desiredStopped && view.nodes.every((n) => n.task === null)) {
      return { reason: "Stopped", message: "" };
    }
    const { message } = ready.status === "True" ? updated : ready;
    return { reason: "Reconciling", message };
  },
);
