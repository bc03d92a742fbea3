/** Which slot a member is, for a story that is still to be told when the member is gone. Pure. */
import {
  type Election,
  type ElectionMember,
  type ElectionRecord,
  mentioned,
} from "../../model/election.ts";
import { nodeName, slotOfMemberName } from "../../model/ids.ts";
import type { ClusterView, NodeView } from "../view.ts";

/** @param known what was found out when the election was told of before */
export function membersOf(
  record: ElectionRecord & Pick<Election, "clusterId">,
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

/** By the newest table that was written before the election. */
function nameBefore(
  slot: number | null,
  { clusterId, term }: Pick<Election, "clusterId" | "term">,
  view: ClusterView,
): string | null {
  const [table] = view.nodes
    .flatMap((n) => n.agent?.hosts ?? [])
    .filter((t) => t.clusterId === clusterId && t.term < term)
    .sort((a, b) => b.term - a.term);
  const index = table?.names.find((n) => n.slot === slot)?.index;
  return index === undefined ? null : nodeName(view.ref.name, index);
}
