/**
 * Bootstrap once (DESIGN.md 6). The marker is durable before the first order leaves; from
 * `started` only the same orders may go out again, and from `done` none ever.
 */
import type { BootstrapMemory } from "../../model/memory.ts";
import { dataHome, isHome } from "../view/data-location.ts";
import type { Draft } from "../plan-builder.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { firstNodes, formingClusterId, formingMemberId, hasForgotten } from "./initial-members.ts";
import type { PlanInput } from "../input.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";
import { strangers } from "../tasks/stop-tasks.ts";

type Started = BootstrapMemory & { readonly phase: "started" };

export function bootstrapOnce(view: ClusterView, input: PlanInput, draft: Draft): void {
  if (draft.bootstrap?.phase === "done") return;
  const formed = view.etcd.leader;
  if (formed !== null && view.etcd.members !== null) {
    draft.bootstrap = { phase: "done", clusterId: formed.health.clusterId };
    draft.event("Normal", "ClusterFormed", `etcd cluster ${formed.health.clusterId} is formed`);
    return;
  }
  if (draft.bootstrap !== null) return reconsider(view, draft.bootstrap, input, draft);
  const wanted = view.nodes.filter((n) => n.wanted);
  const lineage = adoptableLineage(wanted);
  if (lineage !== null) {
    draft.bootstrap = { phase: "done", clusterId: lineage };
    draft.event("Normal", "DataAdopted", `the nodes bring the data of etcd cluster ${lineage}`);
  } else if (wanted.length > 0 && wanted.every(isBlank)) {
    draft.bootstrap = {
      phase: "started",
      slots: wanted.map((n) => n.slot),
      token: token(input, draft),
    };
  }
}

/** Another one for each attempt: members of two attempts must not take each other for their own. */
function token({ memory }: PlanInput, { recovery }: Draft): string {
  const { length } = recovery.abandoned;
  return length === 0 ? memory.uid : `${memory.uid}.${length}`;
}

/**
 * One of the first members has forgotten. If nothing is left of any of them, they begin again, as
 * another cluster. Else they may have formed one: it counts as formed, and what it lacks is mended
 * as in any other.
 */
function reconsider(view: ClusterView, started: Started, input: PlanInput, draft: Draft): void {
  const first = firstNodes(view, started);
  if (view.mesos === null || first.some((n) => n.agent === null)) return;
  if (!first.some((n) => hasForgotten(n, started))) return;
  const clusterId = formingClusterId(view, started);
  const isNowhere = (n: NodeView) => isBlank(n) && !isElsewhere(n, view);
  if (first.every(isNowhere) && strangers(view, input).length === 0) {
    draft.bootstrap = null;
    draft.recover({ abandoned: [...draft.recovery.abandoned, clusterId] });
    draft.event(
      "Warning",
      "BootstrapLost",
      "nothing is left of the first members: they begin again",
    );
    return;
  }
  draft.bootstrap = { phase: "done", clusterId };
  for (const node of first) {
    draft.patchSlot(node.slot, { memberId: formingMemberId(node, started), isLearner: false });
  }
  const slots = first.filter((n) => hasForgotten(n, started)).map((n) => n.slot);
  const message = `slots ${slots.join(", ")} have lost their data while etcd cluster ${clusterId} formed`;
  draft.event("Warning", "FirstMembersLost", message);
}

function isElsewhere({ memory, task }: NodeView, { spec }: ClusterView): boolean {
  const home = dataHome(memory, spec);
  return home !== null && task !== null && !isHome(home, task);
}

function isBlank(node: NodeView): boolean {
  return node.agent?.phase === "awaiting-order" && node.agent.data.state === "empty";
}

/**
 * The one cluster id in the data that a quorum of the wanted slots holds, when nobody holds
 * another: the volumes of an earlier controller whose memory is lost.
 */
function adoptableLineage(wanted: readonly NodeView[]): string | null {
  if (!wanted.every((n) => n.agent !== null)) return null;
  const ids = wanted
    .map(({ agent }) => (agent?.data.state === "present" ? agent.data.clusterId : null))
    .filter((id) => id !== null);
  const [only] = ids;
  const agreed = only !== undefined && ids.every((id) => id === only);
  return agreed && ids.length >= quorumOf(wanted.length) ? only : null;
}
