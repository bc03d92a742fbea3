/** For how long what held before a controller began counts as never ceased (model/resumed.ts). */
import type { Resumed } from "../../model/held-conditions.ts";
import type { Condition } from "../../model/resource.ts";
import type { ClusterView } from "../view/cluster-view.ts";

/** From when all is in sight until what follows from it, such as the proxy's target, is too. Milliseconds. */
const SETTLE_MS = 3_000;

/** Null: what is not as it was has ceased. */
export function stillResuming(
  resumed: Resumed | null,
  conditions: readonly Condition[],
  view: ClusterView,
  now: number,
): Resumed | null {
  if (resumed === null || now >= resumed.until) return null;
  const status = new Map(conditions.map((c) => [c.type, c.status]));
  if (resumed.held.every((held) => status.get(held.type) === held.status)) return null;
  const settled = now + SETTLE_MS;
  return isInSight(view) && settled < resumed.until ? { ...resumed, until: settled } : resumed;
}

function isInSight({ mesos, nodes }: ClusterView): boolean {
  return mesos !== null && nodes.every(({ task, agent }) => task === null || agent !== null);
}
