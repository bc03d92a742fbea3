import { notReadyReasons, unconvergedReasons } from "../health/readiness.ts";
import { crowdedHost } from "../launch/crowded-host.ts";
import { networkTrouble } from "../launch/network-trouble.ts";
import { placedNodes } from "../launch/placed-nodes.ts";
import { bySlots } from "../../model/slots-text.ts";
import { conditionPolicy } from "./policy.ts";

export const allMembersReady = conditionPolicy(
  {
    AllReady: "True",
    SpareNotReady: "True",
    NodesNotReady: "False",
    NetworkMissing: "False",
    NetworkConflict: "False",
    AddressHeld: "False",
  },
  ({ view, launchBlockers }) => {
    const lackingBy = (find: typeof notReadyReasons) =>
      view.nodes
        .filter((n) => n.desired && !n.spare)
        .map((n) => ({ slot: n.slot, reasons: find(n, view) }))
        .filter((n) => n.reasons.length > 0);
    // What the others lack because of these is no news.
    const causes = lackingBy(notReadyReasons);
    const lacking = causes.length > 0 ? causes : lackingBy(unconvergedReasons);
    if (lacking.length === 0) {
      const crowded = crowdedHost(placedNodes(view), view)?.message ?? "";
      const spare = view.nodes.find((n) => n.spare);
      const [lack] = spare === undefined ? [] : notReadyReasons(spare, view);
      if (spare === undefined || lack === undefined)
        return { reason: "AllReady", message: crowded };
      // Nothing that people use is missing.
      const why = `slot ${spare.slot} does not stand by yet: ${launchBlockers.get(spare.slot) ?? lack}`;
      return { reason: "SpareNotReady", message: crowded === "" ? why : `${why}; ${crowded}` };
    }
    const trouble = networkTrouble(view);
    if (trouble !== null) return trouble;
    const slotsOf = new Map<string, number[]>();
    for (const { slot, reasons } of lacking) {
      const why = launchBlockers.get(slot) ?? reasons.join(", ");
      slotsOf.set(why, [...(slotsOf.get(why) ?? []), slot]);
    }
    return { reason: "NodesNotReady", message: bySlots(slotsOf) };
  },
);
