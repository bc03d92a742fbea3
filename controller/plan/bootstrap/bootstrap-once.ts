/**
 * Bootstrap once. The marker is durable before the first start command leaves; from
 * `started` only the same commands may go out again, and from `done` none ever.
 */
import { slotCount } from "../../../crd-schema/slots.ts";
import { slotsDo } from "../../model/slots-text.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { orphanedTasks } from "../tasks/stop-tasks.ts";
import { isMissingSpare } from "../view/spare-slot.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { dataLocation, isAt } from "../view/data-location.ts";
import { quorumOf } from "../view/etcd-view.ts";
import {
  type Bootstrapping,
  firstNodes,
  initialClusterId,
  initialMemberId,
  lostBootstrapData,
} from "./initial-members.ts";

export function bootstrapOnce({ view }: PlanContext, plan: PlanBuilder): void {
  const { bootstrap } = plan.memory;
  if (bootstrap?.phase === "done") return;
  const { leader, members } = view.etcd;
  if (leader !== null && members !== null) {
    const { clusterId } = leader.health;
    plan.updateMemory({ bootstrap: { phase: "done", clusterId } });
    plan.addEvent("Normal", "ClusterFormed", `etcd cluster ${clusterId} is formed`);
  } else if (bootstrap !== null) {
    reconsider(view, bootstrap, plan);
  } else {
    begin(view, plan);
  }
}

function begin(view: ClusterView, plan: PlanBuilder): void {
  const desired = view.nodes.filter((n) => n.desired);
  const clusterId = adoptableClusterId(desired, dataNeeded(plan));
  if (clusterId !== null) {
    plan.updateMemory({ bootstrap: { phase: "done", clusterId } });
    const message = `the nodes bring the data of etcd cluster ${clusterId}`;
    plan.addEvent("Normal", "DataAdopted", message);
  } else if (desired.length > 0 && desired.every((n) => isBlank(n) || isMissingSpare(n))) {
    // The spare joins once they have formed etcd.
    const slots = desired.filter((n) => !n.spare).map((n) => n.slot);
    plan.updateMemory({ bootstrap: { phase: "started", slots, token: token(plan) } });
  }
}

/** Another one for each attempt: members of two attempts must not take each other for their own. */
function token({ memory: { uid, recovery } }: PlanBuilder): string {
  const { length } = recovery.abandoned;
  return length === 0 ? uid : `${uid}.${length}`;
}

/**
 * One of the first members has forgotten. If nothing is left of any of them, they begin again, as
 * another cluster. Else they may have formed one: it counts as formed, and what it lacks is mended
 * as in any other.
 */
function reconsider(view: ClusterView, bootstrap: Bootstrapping, plan: PlanBuilder): void {
  const first = firstNodes(view, bootstrap);
  if (view.mesos === null || first.some((n) => n.agent === null)) return;
  const forgetful = first.filter((n) => lostBootstrapData(n, bootstrap));
  if (forgetful.length === 0) return;
  const clusterId = initialClusterId(view, bootstrap);
  const isNowhere = (n: NodeView) => isBlank(n) && !isElsewhere(n, view);
  if (first.every(isNowhere) && orphanedTasks(view).length === 0) {
    plan.updateMemory({ bootstrap: null });
    plan.updateRecovery({ abandoned: [...plan.memory.recovery.abandoned, clusterId] });
    const message = "nothing is left of the first members: they begin again";
    plan.addEvent("Warning", "BootstrapLost", message);
    return;
  }
  plan.updateMemory({ bootstrap: { phase: "done", clusterId } });
  for (const node of first) {
    plan.patchSlot(node.slot, { memberId: initialMemberId(node, bootstrap), isLearner: false });
  }
  const slots = forgetful.map((n) => n.slot);
  const message = `${slotsDo(slots, "has lost its", "have lost their")} data while etcd cluster ${clusterId} formed`;
  plan.addEvent("Warning", "FirstMembersLost", message);
}

function isElsewhere({ memory, task }: NodeView, { spec }: ClusterView): boolean {
  const location = dataLocation(memory, spec);
  return location !== null && task !== null && !isAt(location, task);
}

function isBlank({ agent }: NodeView): boolean {
  return agent?.phase === "awaiting-start" && agent.data.state === "empty";
}

/**
 * Holders of data without which nobody knows whether it is all that there is. When a person has
 * taken the volumes over, what they hold is all: less than a quorum of it is a quorum that is lost.
 */
function dataNeeded({ memory }: PlanBuilder): number {
  const { spec } = memory.cluster;
  // One of them may be the spare's, which has no vote.
  const withoutVote = slotCount(spec) - spec.replicas;
  return memory.adopted.length > 0 ? 1 : quorumOf(spec.replicas) + withoutVote;
}

/**
 * The one cluster id in the data that enough of the desired slots hold, when nobody holds another:
 * the volumes of an earlier controller whose memory is lost.
 */
function adoptableClusterId(desired: readonly NodeView[], needed: number): string | null {
  if (!desired.every((n) => n.agent !== null)) return null;
  const ids = desired
    .map(({ agent }) => (agent?.data.state === "present" ? agent.data.clusterId : null))
    .filter((id) => id !== null);
  const [only] = ids;
  const agreed = only !== undefined && ids.every((id) => id === only);
  return agreed && ids.length >= needed ? only : null;
}
