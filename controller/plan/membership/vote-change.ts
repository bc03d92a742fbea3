/**
 * The last change of a vote is remembered until a quorum tells a membership that has it. What is decided on one
 * of before counts on a voter that is gone, or not on one that has come: two changes of one vote too many.
 */
import type { EtcdMember } from "../../model/agent-api.ts";
import type { VoteChange } from "../../model/recovery-memory.ts";
import type { PlanBuilder } from "../plan-builder.ts";

/**
 * The list that an agent tells is some seconds old at most, and so is a request that etcd has not answered: a
 * change that does not show by then was not made. Milliseconds.
 */
export const VOTE_CHANGE_MS_MAX = 15_000;

export function recordVoteChange(members: readonly EtcdMember[], plan: PlanBuilder): void {
  const { voteChange } = plan.memory.recovery;
  if (voteChange === null) return;
  if (isVoteChanging(plan) && !shows(members, voteChange)) {
    plan.requeue(voteChange.at + VOTE_CHANGE_MS_MAX);
  } else plan.updateRecovery({ voteChange: null });
}

/** Nobody knows yet whether it was changed. */
export function isVoteChanging({ memory, now }: Pick<PlanBuilder, "memory" | "now">): boolean {
  const { voteChange } = memory.recovery;
  return voteChange !== null && now < voteChange.at + VOTE_CHANGE_MS_MAX;
}

/** One that was to vote and has been removed since had its change too. */
function shows(members: readonly EtcdMember[], { type, memberId }: VoteChange): boolean {
  const member = members.find(({ id }) => id === memberId);
  return member === undefined || (type === "PromoteMember" && !member.isLearner);
}
