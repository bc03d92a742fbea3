/** Members of etcd that no slot accounts for: somebody else has added them. */
import type { EtcdMember } from "../../model/agent-api.ts";
import { slotOfMemberName } from "../../model/ids.ts";
import type { ClusterView } from "./cluster-view.ts";

/**
 * Nothing while no quorum tells the members. A member that was added for a slot is that slot's by its
 * peer URL, one that has started by its name; one of a slot that is not remembered comes from a larger
 * cluster of this name, and is remembered (membership/record-members.ts).
 */
export function foreignMembers({ etcd, nodes, memory }: ClusterView): readonly EtcdMember[] {
  const ours = new Set(
    nodes.flatMap((n) => [n.member?.id, n.memory.memberId, n.agent?.etcd?.memberId]),
  );
  const remembered = new Set(memory.slots.map((s) => s.slot));
  return (etcd.members ?? []).filter(({ id, name }) => {
    if (ours.has(id)) return false;
    const slot = slotOfMemberName(name);
    return slot === null || remembered.has(slot);
  });
}

export function describeMember({ id, name, peerUrls }: EtcdMember): string {
  const known = [name || "never started", ...peerUrls];
  return `${id} (${known.join(", ")})`;
}
