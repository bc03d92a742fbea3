/** Whether a quorum serves; if not, why not and what follows: each case is told apart. */
import { sentence, slotsDo, slotsText } from "../../model/slots-text.ts";
import { quorumOf } from "../view/etcd-view.ts";
import {
  describeLoss,
  evaluateLoss,
  hasReadItsLog,
  type QuorumLoss,
} from "../recovery/quorum-loss.ts";
import { restorableSnapshots } from "../snapshots/snapshots.ts";
import { orphanedTasks } from "../tasks/stop-tasks.ts";
import { type ConditionContext, conditionPolicy } from "./policy.ts";

const REASONS = {
  LeaderServes: "True",
  Restoring: "False",
  ClusterIDMismatch: "False",
  NotBootstrapped: "False",
  Bootstrapping: "False",
  Recovering: "False",
  QuorumLost: "False",
  ForeignMembers: "False",
  NoLeader: "False",
  NodesOutOfSight: "Unknown",
} as const;

interface Explanation {
  readonly reason: keyof typeof REASONS;
  readonly message: string;
}

/** The first that has something to say decides. */
const CASES: readonly ((context: ConditionContext) => Explanation | null)[] = [
  leaderServes,
  restoring,
  foreignData,
  notBootstrapped,
  bootstrapping,
  recovering,
  quorumLost,
  foreignVoters,
];

export const quorate = conditionPolicy(REASONS, (context) => {
  for (const explain of CASES) {
    const explanation = explain(context);
    if (explanation !== null) return explanation;
  }
  return notYet(lossOf(context));
});

function leaderServes({ view }: ConditionContext): Explanation | null {
  const { leader, healthyVoters, voters, members } = view.etcd;
  if (leader === null || members === null) return null;
  const message = `${healthyVoters} of ${voters} voters follow slot ${leader.slot} in term ${leader.term}.`;
  return { reason: "LeaderServes", message };
}

function restoring({ view, recovery }: ConditionContext): Explanation | null {
  if (recovery.requested === null) return null;
  const unseen = orphanedTasks(view).map((t) => t.taskId);
  const message =
    unseen.length === 0
      ? "All containers are stopped before etcd is restored, as it was asked for."
      : `Before etcd is restored, ${unseen.join(", ")} must have ended: bring the host back, or mark its agent as gone in Mesos. An agent that Mesos knows no more cannot be marked: what ran there is waited for an hour at most.`;
  return { reason: "Restoring", message };
}

function foreignData({ view }: ConditionContext): Explanation | null {
  const node = view.nodes.find((n) => n.dataOwnership === "foreign");
  if (node === undefined) return null;
  const message = `Slot ${node.slot} holds the data of another etcd cluster and is refused. Remove or restore its volume.`;
  return { reason: "ClusterIDMismatch", message };
}

function notBootstrapped({ view, bootstrap }: ConditionContext): Explanation | null {
  if (bootstrap !== null) return null;
  const slotsWith = (state: "present" | "corrupt") =>
    view.nodes.filter((n) => n.agent?.data.state === state).map((n) => n.slot);
  const broken = slotsWith("corrupt");
  if (broken.length > 0) {
    const have = sentence(slotsDo(broken, "has broken data", "have broken data"));
    const message = `${have} of an earlier etcd cluster. Restore these volumes, or remove them.`;
    return { reason: "NotBootstrapped", message };
  }
  const holders = slotsWith("present");
  const unseen = view.nodes.filter((n) => n.desired && n.agent === null).map((n) => n.slot);
  const message =
    holders.length === 0
      ? "etcd has not been bootstrapped yet."
      : `Only ${slotsDo(holders, "holds", "hold")} data of an earlier etcd cluster, ${whatLacks(unseen)}`;
  return { reason: "NotBootstrapped", message };
}

/** Nodes that have not answered yet may hold the rest of it: only then is it a person's matter. */
function whatLacks(unseen: readonly number[]): string {
  if (unseen.length > 0) return `so far; ${slotsDo(unseen, "has", "have")} not answered yet.`;
  return "which is no quorum or not one cluster. Bring the other volumes back, or remove these.";
}

/** While the first members form a cluster none is begun anew: each of them may have data soon. */
function bootstrapping({ view, bootstrap }: ConditionContext): Explanation | null {
  if (bootstrap?.phase !== "started") return null;
  const first = view.nodes.filter((n) => bootstrap.slots.includes(n.slot));
  const broken = first.filter((n) => n.agent?.data.state === "corrupt");
  if (first.length - broken.length >= quorumOf(first.length)) {
    return { reason: "Bootstrapping", message: "The first members form etcd." };
  }
  const slots = slotsText(broken.map((n) => n.slot));
  const message =
    `The etcd data of ${slots} broke before the cluster was formed. A person must decide: ` +
    "begin empty with `jupyter-cluster snapshot restore NAME --empty`, or restore a snapshot.";
  return { reason: "QuorumLost", message };
}

function recovering({ recovery: { inProgress } }: ConditionContext): Explanation | null {
  if (inProgress === null) return null;
  const how = {
    survivor: `Slot ${inProgress.slot} goes on alone with its data`,
    snapshot: `A snapshot is restored in slot ${inProgress.slot}`,
    nothing: `A new etcd cluster begins in slot ${inProgress.slot}`,
  }[inProgress.from];
  return { reason: "Recovering", message: `${how}; the others join it anew.` };
}

function quorumLost(context: ConditionContext): Explanation | null {
  const loss = lossOf(context);
  if (!loss.certain) return null;
  const message = `${sentence(describeLoss(loss))}. ${whatFollows(context, loss)}`;
  return { reason: "QuorumLost", message };
}

/** Those that a quorum has told of, or more: each took one vote more to have a leader. */
function foreignVoters(context: ConditionContext): Explanation | null {
  const { foreignVoters: foreign } = context.recovery;
  if (foreign.length === 0) return null;
  const { holders, voters } = lossOf(context);
  const message =
    `${holders.length} of ${voters.length} voters are in sight with their data, and etcd has voters ` +
    `that are none of this cluster's: ${foreign.join("; ")}. If no leader is elected, go back to a ` +
    "snapshot: `jupyter-cluster snapshot restore`.";
  return { reason: "ForeignMembers", message };
}

function whatFollows({ view, input, recovery }: ConditionContext, loss: QuorumLoss): string {
  const { mode, graceSeconds } = view.spec.etcd.recovery;
  if (mode === "Manual") {
    return "etcd.recovery.mode is Manual: set it to Automatic, or use `jupyter-cluster snapshot restore`.";
  }
  const dueAt = (recovery.lostSince ?? input.now) + graceSeconds * 1000;
  if (input.now < dueAt) return `Recovery begins ${graceSeconds} s after the loss.`;
  if (loss.unseen.length > 0) {
    const waits = [
      "may know more and is waited for.",
      "may know more and are waited for.",
    ] as const;
    return sentence(slotsDo(loss.unseen, ...waits));
  }
  const unread = loss.survivors.filter((n) => !hasReadItsLog(n)).map((n) => n.slot);
  if (unread.length > 0) {
    const first = slotsDo(unread, "reads its etcd log", "read their etcd logs");
    return sentence(`${first} again first; then the best survivor goes on.`);
  }
  if (loss.holders.length > 0) return "The best survivor goes on.";
  if (input.observed.snapshots.freshness !== "fresh") return "The snapshots cannot be read.";
  if (restorableSnapshots({ view, observed: input.observed }, recovery, input.now).length === 0) {
    return "There is no snapshot of it either. A person must decide: bring a data volume back, put a snapshot into the snapshot directory, or begin empty with `jupyter-cluster snapshot restore NAME --empty`.";
  }
  return "The newest snapshot is restored as soon as a node is there for it.";
}

function notYet({ voters, holders, unseen }: QuorumLoss): Explanation {
  if (unseen.length === 0) return { reason: "NoLeader", message: "etcd elects a leader." };
  const message = `${holders.length} of ${voters.length} voters are in sight with their data; ${slotsDo(unseen, "is", "are")} not.`;
  return { reason: "NodesOutOfSight", message };
}

function lossOf({ view, input, recovery }: ConditionContext): QuorumLoss {
  return evaluateLoss(view, recovery, input.now);
}
