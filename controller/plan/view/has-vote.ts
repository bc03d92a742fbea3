/** Whose vote counts in etcd, as a quorum tells it, or told it last. */
import type { EtcdView } from "./etcd-view.ts";
import type { NodeView } from "./node-view.ts";

export function hasVote(
  { member, memory }: Pick<NodeView, "member" | "memory">,
  { members }: Pick<EtcdView, "members">,
): boolean {
  if (members !== null) return member?.isLearner === false;
  return memory.memberId !== null && !memory.isLearner;
}
