/** A cluster is begun anew only when its quorum is lost for certain (docs/ARCHITECTURE.md). */
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { agentOf, majorityOf, type BrokenRule, type Sight } from "./sight.ts";

export function brokenByBeginning(
  before: ClusterMemory,
  after: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  // Its file was removed and came back: another cluster of the same name.
  if (after.uid !== before.uid) return [];
  if (after.recovery.epoch === before.recovery.epoch) return brokenByLoss(before, after, sight);
  const found: BrokenRule[] = [];
  const add = (rule: string, what: string) => found.push({ rule, what });
  const { inProgress } = after.recovery;
  // While somebody waits for it nothing else begins a cluster anew. Another may have asked since.
  const asked = before.recovery.requested !== null;
  if (!sight.mesosAnswered) add("unknown is not absent", "begun anew before Mesos has answered");
  if (asked) {
    const running = before.slots.filter((s) => s.task !== null && isThere(s.task.taskId, after));
    if (running.length > 0) add("one cluster at a time", "restored while containers run");
    return found;
  }
  if (sight.members !== null) add("one cluster at a time", "begun anew beside a quorum");
  const unseen = sight.voters.filter((slot) => agentOf(sight, slot) === null);
  if (unseen.length > 0) {
    add("unknown is not absent", `begun anew while slots ${unseen.join(", ")} are out of sight`);
  }
  if (inProgress?.from !== "survivor") return found;
  const unread = sight.voters.filter((slot) => !hasReadItsLog(slot, sight));
  if (unread.length > 0) {
    add("the best log goes on", `chosen before slots ${unread.join(", ")} have read theirs`);
  }
  return found;
}

/** Those that nobody hears may be a living majority. */
function brokenByLoss(before: ClusterMemory, after: ClusterMemory, sight: Sight): BrokenRule[] {
  if (before.recovery.lostSince !== null || after.recovery.lostSince === null) return [];
  if (before.recovery.pendingVoterChange !== null || sight.voters.length === 0) return [];
  const unseen = sight.voters.filter((slot) => agentOf(sight, slot) === null);
  if (unseen.length < majorityOf(sight.voters.length)) return [];
  const what = `the quorum counts as lost while slots ${unseen.join(", ")} are out of sight`;
  return [{ rule: "unknown is not absent", what }];
}

function isThere(taskId: string, { slots }: ClusterMemory): boolean {
  return slots.some((s) => s.task?.taskId === taskId);
}

/** What its agent says of the log is from after the leader was lost. */
function hasReadItsLog(slot: number, sight: Sight): boolean {
  const agent = agentOf(sight, slot);
  if (agent === null || agent.etcd?.isLearner === true) return true;
  const { data, etcd } = agent;
  if (data.state === "present" && data.readingDue === true) return false;
  if (etcd === null) return true;
  if (etcd.leaderId !== null) return false;
  return data.state !== "present" || data.raftIndex >= etcd.raftIndex;
}
