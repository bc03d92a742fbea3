/** Why there is no quorum, and what follows: each case is told apart (DESIGN.md 6). */
import type { Verdict } from "../../model/resource.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { judgeLoss, type QuorumLoss } from "../recovery/quorum-loss.ts";
import { restorableSnapshots } from "../snapshots/snapshots.ts";
import { describeLoss } from "../recovery/recover-quorum.ts";
import { strangers } from "../tasks/stop-tasks.ts";
import type { Case } from "./judge.ts";

type Told = Pick<Verdict, "status" | "reason" | "message">;

/** The first that has something to say decides. */
export function whyNoQuorum(facts: Case): Told {
  for (const tell of [restoring, foreign, notFormed, forming, reseeding]) {
    const told = tell(facts);
    if (told !== null) return told;
  }
  const { view, draft } = facts;
  const loss = judgeLoss(view, draft.recovery, draft.now);
  return loss.certain ? lost(facts, loss) : notYet(loss);
}

function restoring({ view, input, draft }: Case): Told | null {
  if (draft.recovery.requested === null) return null;
  const unseen = strangers(view, input).map((t) => t.taskId);
  const message =
    unseen.length === 0
      ? "All containers are stopped before etcd is restored, as it was asked for."
      : `Before etcd is restored, ${unseen.join(", ")} must have ended: bring the host back, or mark its agent as gone in Mesos.`;
  return { status: "False", reason: "Restoring", message };
}

function foreign({ view }: Case): Told | null {
  const node = view.nodes.find((n) => n.standing === "foreign");
  if (node === undefined) return null;
  const message = `Slot ${node.slot} holds the data of another etcd cluster and is refused. Remove or restore its volume.`;
  return { status: "False", reason: "ClusterIDMismatch", message };
}

function notFormed({ view, draft }: Case): Told | null {
  if (draft.bootstrap !== null) return null;
  const holders = view.nodes.filter((n) => n.agent?.data.state === "present").map((n) => n.slot);
  const broken = view.nodes.filter((n) => n.agent?.data.state === "corrupt").map((n) => n.slot);
  if (broken.length > 0) {
    const message = `Slots ${broken.join(", ")} have broken data of an earlier etcd cluster. Restore these volumes, or remove them.`;
    return { status: "False", reason: "NotBootstrapped", message };
  }
  const message =
    holders.length === 0
      ? "etcd has not been bootstrapped yet."
      : `Only slots ${holders.join(", ")} hold data of an earlier etcd cluster, which is no quorum or not one cluster. Bring the other volumes back, or remove these.`;
  return { status: "False", reason: "NotBootstrapped", message };
}

/** Nothing is begun anew by itself while the first members form: each of them may have data soon. */
function forming({ view, draft }: Case): Told | null {
  const { bootstrap } = draft;
  if (bootstrap?.phase !== "started") return null;
  const first = view.nodes.filter((n) => bootstrap.slots.includes(n.slot));
  const broken = first.filter((n) => n.agent?.data.state === "corrupt");
  if (first.length - broken.length >= quorumOf(first.length)) {
    return { status: "False", reason: "Forming", message: "The first members form etcd." };
  }
  const slots = broken.map((n) => n.slot).join(", ");
  const message =
    `The etcd data of slots ${slots} broke before the cluster was formed. A person must decide: ` +
    "begin empty with `jupyter-cluster snapshot restore NAME --empty`, or restore a snapshot.";
  return { status: "False", reason: "QuorumLost", message };
}

function reseeding({ draft }: Case): Told | null {
  const { reseed } = draft.recovery;
  if (reseed === null) return null;
  const how = {
    survivor: `Slot ${reseed.slot} goes on alone with its data`,
    snapshot: `A snapshot is restored in slot ${reseed.slot}`,
    nothing: `A new etcd cluster begins in slot ${reseed.slot}`,
  }[reseed.from];
  return { status: "False", reason: "Recovering", message: `${how}; the others join it anew.` };
}

function lost({ view, input, draft }: Case, loss: QuorumLoss): Told {
  const what = `${capital(describeLoss(loss))}.`;
  const { mode, graceSeconds } = view.spec.etcd.recovery;
  const decide = (who: string): Told => ({
    status: "False",
    reason: "QuorumLost",
    message: `${what} ${who}`,
  });
  if (mode === "Manual") {
    return decide(
      "etcd.recovery.mode is Manual: set it to Automatic, or use `jupyter-cluster snapshot restore`.",
    );
  }
  const dueAt = (draft.recovery.lostSince ?? draft.now) + graceSeconds * 1000;
  if (draft.now < dueAt) return decide(`Recovery begins ${graceSeconds} s after the loss.`);
  if (loss.unseen.length > 0) {
    return decide(`Slots ${loss.unseen.join(", ")} may know more and are waited for.`);
  }
  if (loss.holders.length > 0) return decide("The best survivor goes on.");
  const { snapshots } = input.observed;
  if (snapshots.freshness !== "fresh") return decide("The snapshots cannot be read.");
  if (restorableSnapshots(view, input).length === 0) {
    return decide(
      "There is no snapshot of it either. A person must decide: bring a data volume back, put a snapshot into the snapshot directory, or begin empty with `jupyter-cluster snapshot restore NAME --empty`.",
    );
  }
  return decide("The newest snapshot is restored as soon as a node is there for it.");
}

function notYet({ voters, holders, unseen }: QuorumLoss): Told {
  if (unseen.length === 0) {
    return { status: "False", reason: "NoLeader", message: "etcd elects a leader." };
  }
  const message = `${holders.length} of ${voters.length} voters are in sight with their data; slots ${unseen.join(", ")} are not.`;
  return { status: "Unknown", reason: "NodesOutOfSight", message };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
