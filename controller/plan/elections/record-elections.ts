/** Each member tells what it saw of an election; together they tell all of it. */
import {
  type Election,
  type ElectionRecord,
  ELECTIONS_MAX,
  isPending,
} from "../../model/election.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { electionEvents } from "./events.ts";
import { memberIdOf, membersOf } from "./members.ts";
import { mergeRecords } from "./merge.ts";

/** Elections that are known -> the reports in which nothing was new. */
const reportsKnown = new WeakMap<readonly Election[], unknown>();

export function recordElections({ view }: PlanContext, plan: PlanBuilder): void {
  const before = plan.memory.elections;
  const reports = reportsOf(view);
  if (sameData(reports, reportsKnown.get(before))) return;
  const elections = withReports(before, view);
  if (sameData(elections, before)) {
    reportsKnown.set(before, reports);
    return;
  }
  plan.updateMemory({ elections });
  for (const { type, reason, message } of electionEvents(before, elections)) {
    plan.addEvent(type, reason, message);
  }
}

/** All that elections are recorded from. */
function reportsOf(view: ClusterView): unknown {
  const nodes = view.nodes.map((node) => [
    node.slot,
    clusterIdOf(node),
    memberIdOf(node),
    node.agent?.elections ?? null,
    node.agent?.hosts ?? null,
  ]);
  return [nodes, view.etcd.members];
}

function withReports(before: readonly Election[], view: ClusterView): readonly Election[] {
  // One that may yet come to nothing is told anew on each reconcile, as long as somebody tells it.
  const elections = new Map(before.filter((e) => !isPending(e)).map((e) => [keyOf(e), e]));
  const foreseen = before.filter(isPending).flatMap((e) => e.members);
  const withSeen = (seen: ElectionRecord, clusterId: string, known: Election | undefined) => {
    const merged = known === undefined ? seen : mergeRecords(known, seen);
    const record = { ...merged, clusterId };
    return { ...record, members: membersOf(record, known?.members ?? foreseen, view) };
  };
  for (const node of view.nodes) {
    const clusterId = clusterIdOf(node);
    if (clusterId === null) continue;
    for (const seen of node.agent?.elections ?? []) {
      const key = keyOf({ clusterId, term: seen.term });
      elections.set(key, withSeen(seen, clusterId, elections.get(key)));
    }
  }
  return inOrder([...elections.values()]).slice(-ELECTIONS_MAX);
}

/** By cluster in the order in which they were heard of, by term within each. */
function inOrder(elections: readonly Election[]): Election[] {
  const clusters = [...new Set(elections.map((e) => e.clusterId))];
  const rank = (e: Election) => clusters.indexOf(e.clusterId);
  const sorted = elections.toSorted((a, b) => rank(a) - rank(b) || a.term - b.term);
  // Somebody has stood since, in another term than the one that was to be expected.
  return sorted.filter((e, i) => !isPending(e) || sorted[i + 1]?.clusterId !== e.clusterId);
}

function keyOf({ clusterId, term }: Pick<Election, "clusterId" | "term">): string {
  return `${clusterId} ${term}`;
}

/** Its elections are those of the etcd that it runs. */
function clusterIdOf({ agent }: NodeView): string | null {
  const stored = agent?.data.state === "present" ? agent.data.clusterId : null;
  return agent?.etcd?.clusterId ?? stored;
}
