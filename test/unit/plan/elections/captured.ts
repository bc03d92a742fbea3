/** What the members of real clusters logged of their elections, as their agents would tell it. */
import { electionRecords } from "../../../../agent-image/agent/etcd/election-log.ts";
import {
  type Election,
  type ElectionRecord,
  mentioned,
} from "../../../../controller/model/election.ts";
import { mergeRecords } from "../../../../controller/plan/elections/merge.ts";
import { capturedLines, electionsOf } from "../../agent/etcd-log.ts";

/** Containers of one cluster: `three-b-again` is the one that came after `three-b`. */
export type Member = string;

/** The three: MoveLeader, the leader killed, the leader ended by SIGTERM, the leader stopped. */
export const THREE = ["three-a", "three-b", "three-c", "three-b-again", "three-c-again"];
/** The leader killed, two candidates of one vote each, then one of them elected. */
export const SPLIT = ["split-a", "split-b", "split-c"];
/** Both followers killed, and started again. */
export const QUORUM = ["quorum-a", "quorum-b", "quorum-c", "quorum-a-again", "quorum-c-again"];
/** The leader killed, two candidates of which one wins. */
export const FIVE = ["five-a", "five-b", "five-c", "five-d", "five-e"];

export function toldBy(member: Member): readonly ElectionRecord[] {
  return electionRecords(electionsOf(capturedLines(`elections/${member}`)));
}

/** The etcd member id of a container. */
export function idOf(member: Member): string {
  const line = capturedLines(`elections/${member}`).find((l) => l.includes("local-member-id"));
  return /"local-member-id":"(\w+)"/.exec(line ?? "")?.[1] ?? "";
}

/** What they tell together of one term. */
export function mergedOf(members: readonly Member[], term: number): ElectionRecord {
  const records = members.flatMap((m) => toldBy(m).filter((r) => r.term === term));
  return records.reduce(mergeRecords);
}

/** Slots by the letters in the members' names; names as after bootstrap. */
export function electionsTold(members: readonly Member[]): readonly Election[] {
  const terms = [...new Set(members.flatMap((m) => toldBy(m).map((r) => r.term)))];
  return terms
    .sort((a, b) => a - b)
    .map((term) => {
      const record = mergedOf(members, term);
      const known = mentioned(record).map((id) => {
        const member = members.find((m) => idOf(m) === id);
        const slot = member === undefined ? null : "abcde".indexOf(member.split("-")[1] ?? "");
        return { id, slot, name: slot === null || term === 2 ? null : `lab-${slot}` };
      });
      return { ...record, clusterId: "c1", members: known };
    });
}
