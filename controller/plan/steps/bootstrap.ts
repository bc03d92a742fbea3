/**
 * Bootstrap once (DESIGN.md 6). The marker is durable before the first order leaves; from
 * `started` only the same orders may go out again, and from `done` none ever.
 */
import type { Draft } from "../draft.ts";
import { quorumOf } from "../etcd-view.ts";
import type { ClusterView, NodeView } from "../view.ts";

export function bootstrapOnce(view: ClusterView, uid: string, draft: Draft): void {
  if (draft.bootstrap?.phase === "done") return;
  const formed = view.etcd.leader;
  if (formed !== null && view.etcd.members !== null) {
    draft.bootstrap = { phase: "done", clusterId: formed.health.clusterId };
    draft.event("Normal", "ClusterFormed", `etcd cluster ${formed.health.clusterId} is formed`);
    return;
  }
  if (draft.bootstrap !== null) return;
  const wanted = view.nodes.filter((n) => n.wanted);
  const lineage = adoptableLineage(wanted);
  if (lineage !== null) {
    draft.bootstrap = { phase: "done", clusterId: lineage };
    draft.event("Normal", "DataAdopted", `the nodes bring the data of etcd cluster ${lineage}`);
  } else if (wanted.length > 0 && wanted.every(isBlank)) {
    draft.bootstrap = { phase: "started", slots: wanted.map((n) => n.slot), token: uid };
  }
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
