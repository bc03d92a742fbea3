/**
 * Membership changes one at a time, only while quorate, and never below quorum
 * (docs/ARCHITECTURE.md).
 */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { agentOf, type BrokenRule, majorityOf, type Sight } from "./sight.ts";

export function brokenByChange(
  action: Action,
  before: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  const inSight = `${sight.following.size} of ${sight.voters.length} voters are in sight`;
  switch (action.type) {
    case "AddLearner":
      if (sight.following.size >= majorityOf(sight.voters.length)) return [];
      return [broken("only while quorate", `slot ${action.slot} is added, while ${inSight}`)];
    case "PromoteMember": {
      const { spec } = before.cluster;
      const needless = sight.following.size >= spec.replicas && allDesired(sight.following, spec);
      if (needless && slotCount(spec) > spec.replicas)
        return [
          broken("the spare has no vote", `slot ${action.slot} is promoted, while ${inSight}`),
        ];
      const enough = sight.following.size + 1 >= majorityOf(sight.voters.length + 1);
      if (enough && agentOf(sight, action.slot)?.etcd != null) return [];
      return [broken("never below quorum", `slot ${action.slot} is promoted, while ${inSight}`)];
    }
    case "RemoveMember":
      return brokenByRemoval(action, before, sight);
    default:
      return [];
  }
}

/** Those that are to leave do not count. */
function allDesired(slots: ReadonlySet<number>, spec: ClusterMemory["cluster"]["spec"]): boolean {
  return [...slots].every((slot) => slot < slotCount(spec));
}

function brokenByRemoval(
  { slot, memberId }: Extract<Action, { type: "RemoveMember" }>,
  before: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  const found: BrokenRule[] = [];
  const member = sight.members?.find((m) => m.id === memberId);
  const follows = slot !== null && sight.following.has(slot);
  if (member === undefined) {
    found.push(broken("only while quorate", `${memberId} is removed unseen`));
  } else if (!member.isLearner) {
    const left = sight.following.size - (follows ? 1 : 0);
    if (left < majorityOf(sight.voters.length - 1)) {
      const rest = `${left} of the other ${sight.voters.length - 1} voters are in sight`;
      found.push(broken("never below quorum", `slot ${slot} is removed, while ${rest}`));
    }
  }
  const { spec } = before.cluster;
  const wanted = slot !== null && slot < slotCount(spec);
  // The spare has a vote by now: one of them is to be the spare.
  const isOneMore = slotCount(spec) > spec.replicas && sight.voters.length > spec.replicas;
  if (wanted && follows && !isOneMore)
    found.push(broken("who works stays", `slot ${slot} is removed`));
  return found;
}

function broken(rule: string, what: string): BrokenRule {
  return { rule, what };
}
