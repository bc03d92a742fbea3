/**
 * What the planner may decide, judged by what it could see: DESIGN's rules about membership, kills,
 * launches and new beginnings, each once, whatever step of the plan a decision comes from.
 */
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import { brokenByGivingUp } from "./given-up.ts";
import { brokenByKills } from "./kills.ts";
import { brokenByLaunch } from "./launches.ts";
import { brokenByChange } from "./members.ts";
import { brokenByBeginning } from "./recovery.ts";
import { type BrokenRule, sightOf } from "./sight.ts";

/** An action, by what was seen when it was decided. */
export function brokenByAction(
  action: Action,
  before: ClusterMemory,
  observed: Observed,
): readonly BrokenRule[] {
  const sight = sightOf(before, observed);
  return [...brokenByLaunch(action, before, sight), ...brokenByChange(action, before, sight)];
}

/** What was decided for good: it shows in what is remembered. */
export function brokenByMemory(
  before: ClusterMemory,
  after: ClusterMemory,
  observed: Observed,
): readonly BrokenRule[] {
  if (before === after) return [];
  const sight = sightOf(before, observed);
  return [brokenByKills, brokenByGivingUp, brokenByBeginning].flatMap((rule) =>
    rule(before, after, sight),
  );
}
