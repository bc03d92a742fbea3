import { RELEASE } from "../../model/release.ts";
import { sentence, slotsDo, slotsText } from "../../model/slots-text.ts";
import { updateObstacle } from "../update/rolling-update.ts";
import { unsupportedAgent } from "../update/unsupported-agent.ts";
import type { NodeView } from "../view/node-view.ts";
import { conditionPolicy } from "./policy.ts";

export const allMembersUpdated = conditionPolicy(
  { UpToDate: "True", Outdated: "False", AgentUnsupported: "False" },
  ({ view, input: { observed, memory } }) => {
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
    const obstacle = updateObstacle({ view, observed }, memory);
    const onDelete = view.spec.updateStrategy === "OnDelete";
    const update = obstacle === null ? "" : ` The update waits: ${obstacle}.`;
    const waits = onDelete ? " They wait to be killed (OnDelete)." : update;
    const slots = outdated.map((n) => n.slot);
    const older = slotsDo(slots, "runs an older template.", "run an older template.");
    const message = `${sentence(older)}${waits}`;
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
  const parts = [...slotsOf].map(([release, slots]) => `${slotsText(slots)} of ${release}`);
  return `Agents of other releases than the controller's ${RELEASE}: ${parts.join("; ")}.`;
}
