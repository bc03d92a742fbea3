/** Which slot a member is, for a story that is still to be told when the member is gone. Pure. */
import {
  type Election,
  type ElectionMember,
  type ElectionRecord,
  mentioned,
} from "../../model/election.ts";
import { nodeName, slotOfMemberName } from "../../model/ids.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

type ClusterElection = ElectionRecord & Pick<Election, "clusterId">;

/** @param known what was found out when the election was told of before */
export function membersOf(
  record: ClusterElection,
  known: readonly ElectionMember[],
  view: ClusterView,
): Election["members"] {
  return mentioned(record).map((id) => {
    const before = known.find((m) => m.id === id);
    const slot = before?.slot ?? slotOf(id, view);
    return { id, slot, name: before?.name ?? nameBefore(slot, record, view) };
  });
}

export function memberIdOf({ agent, memory }: NodeView): string | null {
  const { data } = agent ?? {};
  const stored = data?.state === "present" ? data.memberId : null;
  return agent?.etcd?.memberId ?? stored ?? memory.memberId;
}

function slotOf(id: string, view: ClusterView): number | null {
  const node = view.nodes.find((n) => memberIdOf(n) === id);
  if (node !== undefined) return node.slot;
  return slotOfMemberName(view.etcd.members?.find((m) => m.id === id)?.name ?? "");
}

/**
 * By the newest table that was written before the election, or by the first that came of it: the
 * new leader then bears XXX-0, and the former one what the new one had.
 */
function nameBefore(
  slot: number | null,
  record: ClusterElection,
  view: ClusterView,
): string | null {
  const { clusterId, term, previousLeader, leaderId } = record;
  const tables = view.nodes.flatMap((n) => n.agent?.hosts ?? []);
  const [table] = tables
    .filter((t) => t.clusterId === clusterId && t.term <= term)
    .sort((a, b) => a.term - b.term)
    .slice(-1);
  if (table === undefined || slot === null) return null;
  const [winner, old] = [leaderId, previousLeader?.leaderId].map((id) =>
    id ? slotOf(id, view) : null,
  );
  const isAfter = table.term === term;
  if (isAfter && (winner === null || old === null)) return null;
  const swapped = slot === winner ? old : slot === old ? winner : slot;
  const index = table.names.find((n) => n.slot === (isAfter ? swapped : slot))?.index;
  return index === undefined ? null : nodeName(view.ref.name, index);
}
