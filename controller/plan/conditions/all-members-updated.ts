import { conditionPolicy } from "./policy.ts";

export const allMembersUpdated = conditionPolicy(
  { UpToDate: "True", Outdated: "False" },
  ({ view }) => {
    const outdated = view.nodes.filter((n) => n.desired && n.outdated).map((n) => n.slot);
    if (outdated.length === 0) return { reason: "UpToDate", message: "" };
    const waits =
      view.spec.updateStrategy === "OnDelete" ? " They wait to be killed (OnDelete)." : "";
    const message = `Slots ${outdated.join(", ")} run an older template.${waits}`;
    return { reason: "Outdated", message };
  },
);
