import { RELEASE } from "../../model/release.ts";
import { unsupportedAgent } from "../update/unsupported-agent.ts";
import type { NodeView } from "../view/cluster-view.ts";
import { conditionPolicy } from "./policy.ts";

export const allMembersUpdated = conditionPolicy(
  { UpToDate: "True", Outdated: "False", AgentUnsupported: "False" },
  ({ view }) => {
    const desired = view.nodes.filter((n) => n.desired);
    const unsupported = desired.flatMap((n) => {
      const why = unsupportedAgent(n, view);
      return why === null ? [] : `slot ${n.slot}: ${why}`;
    });
    if (unsupported.length > 0) {
      return { reason: "AgentUnsupported", message: unsupported.join("; ") };
    }
    const outdated = desired.filter((n) => n.outdated);
    const releases = otherReleases(desired);
    if (outdated.length === 0) return { reason: "UpToDate", message: releases };
    const waits =
      view.spec.updateStrategy === "OnDelete" ? " They wait to be killed (OnDelete)." : "";
    const slots = outdated.map((n) => n.slot).join(", ");
    const message = `Slots ${slots} run an older template.${waits}`;
    return { reason: "Outdated", message: releases === "" ? message : `${message} ${releases}` };
  },
);

/** Whose agents are not of the controller's release; an image that the spec names may hold such. */
function otherReleases(nodes: readonly NodeView[]): string {
  const slotsOf = new Map<string, number[]>();
  for (const { slot, agentVersion } of nodes) {
    if (agentVersion === null || agentVersion.release === RELEASE) continue;
    slotsOf.set(agentVersion.release, [...(slotsOf.get(agentVersion.release) ?? []), slot]);
  }
  if (slotsOf.size === 0) return "";
  const parts = [...slotsOf].map(([release, slots]) => `${slots.join(", ")} of ${release}`);
  return `Agents of other releases than the controller's ${RELEASE}: slots ${parts.join("; ")}.`;
}
