/** etcd's answers in our terms. Pure. */
import type { Etcd3 } from "etcd3";
import type { EtcdAlarm, EtcdHealth, EtcdMember } from "../../../controller/model/agent-api.ts";
import { hexId } from "../../../controller/model/ids.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { MemberHealth } from "../ports/etcd-client.ts";
import type { ProbeAnswer } from "../ports/processes.ts";

type StatusAnswer = Awaited<ReturnType<Etcd3["maintenance"]["status"]>>;
type MemberAnswer = Awaited<ReturnType<Etcd3["cluster"]["memberList"]>>;

/** A learner may only read, and without a quorum every write waits. */
export function canWrite(health: EtcdHealth | null): boolean {
  return health !== null && !health.isLearner && health.members !== null;
}

/**
 * It knows a leader, through whom a write goes. Sooner than {@link canWrite}, which waits for the proof of a quorum:
 * whether there is one shows by the write.
 */
export function hasLeader(health: EtcdHealth | null): boolean {
  return health !== null && !health.isLearner && health.leaderId !== null;
}

/** Zero and false fields are left out on the wire; etcd3 fills them in. */
export function healthFrom(answer: StatusAnswer): MemberHealth {
  return {
    memberId: hexId(answer.header.member_id),
    clusterId: hexId(answer.header.cluster_id),
    version: answer.version,
    raftTerm: Number(answer.raftTerm),
    raftIndex: Number(answer.raftIndex),
    leaderId: answer.leader === "0" ? null : hexId(answer.leader),
    isLearner: answer.isLearner,
    revision: Number(answer.header.revision),
    dbSizeBytes: Number(answer.dbSize),
    dbSizeInUseBytes: Number(answer.dbSizeInUse),
    alarms: answer.errors.flatMap(alarmsFrom),
  };
}

/**
 * Asking for the alarms themselves would write to the raft log; the status names them too, as
 * `memberID:12593526148123456 alarm:NOSPACE `. Without the id it is member 0: etcd knows that the
 * members' data differ, and not whose is wrong.
 */
function alarmsFrom(error: string): EtcdAlarm[] {
  const alarm = /\balarm:(NOSPACE|CORRUPT)\b/.exec(error)?.[1];
  if (alarm !== "NOSPACE" && alarm !== "CORRUPT") return [];
  return [{ memberId: hexId(/\bmemberID:(\d+)/.exec(error)?.[1] ?? "0"), alarm }];
}

export function membersFrom(answer: MemberAnswer): EtcdMember[] {
  return answer.members.map((m) => ({
    id: hexId(m.ID),
    name: m.name,
    peerUrls: m.peerURLs,
    isLearner: m.isLearner,
  }));
}

/** What a call's failure says of the process: an error of etcd's own is an answer. */
export function probeAnswerOf(error: unknown): ProbeAnswer {
  const message = messageOf(error);
  if (message.includes("etcdserver:")) return "wrong";
  if (/deadline.exceeded/i.test(message)) return "unanswered";
  return /unavailable|connection|closed/i.test(message) ? "refused" : "wrong";
}
