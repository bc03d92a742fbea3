import type { PolicyResults } from "./policies.ts";
import { conditionPolicy } from "./policy.ts";
import type { ReadyResult } from "./ready.ts";

export const progressing = conditionPolicy(
  { Reconciling: "True", Converged: "False", Stopped: "False" },
  ({ view }, ready: ReadyResult, updated: PolicyResults["AllMembersUpdated"]) => {
    if (ready.status === "True" && updated.status === "True") {
      return { reason: "Converged", message: "" };
    }
    if (view.desiredStopped && view.nodes.every((n) => n.task === null)) {
      return { reason: "Stopped", message: "" };
    }
    return { reason: "Reconciling", message: ready.message };
  },
);
