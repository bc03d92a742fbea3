/** Conditions on the etcd cluster and its members. */
import type { Verdict } from "../../model/resource.ts";
import { quorumOf } from "../etcd-view.ts";
import { notReadyReasons } from "../readiness.ts";
import { isForeign } from "../view.ts";
import type { Case } from "./judge.ts";

export function judgeEtcd(facts: Case): Verdict[] {
  return [quorate(facts), allMembersReady(facts), allMembersUpdated(facts), recovering(facts)];
}

function quorate({ view, draft }: Case): Verdict {
  const type = "Quorate";
  const { leader, healthyVoters, voters } = view.etcd;
  if (leader !== null && view.etcd.members !== null) {
    const message = `${healthyVoters} of ${voters} voters follow slot ${leader.slot} in term ${leader.term}.`;
    return { type, status: "True", reason: "LeaderServes", message };
  }
  const foreign = view.nodes.find((n) => isForeign(n, view.lineage));
  if (foreign !== undefined) {
    const message = `Slot ${foreign.slot} holds the data of another etcd cluster and is refused. Remove or restore its volume.`;
    return { type, status: "False", reason: "ClusterIDMismatch", message };
  }
  if (draft.bootstrap === null) {
    const holders = view.nodes.filter((n) => n.agent?.data.state === "present").map((n) => n.slot);
    const message =
      holders.length === 0
        ? "etcd has not been bootstrapped yet."
        : `Only slots ${holders.join(", ")} hold data of an earlier etcd cluster, which is no quorum or not one cluster. Bring the other volumes back, or remove these.`;
    return { type, status: "False", reason: "NotBootstrapped", message };
  }
  // Nodes that never joined do not count; before the first quorum, none is known to have.
  const joined = view.nodes.filter((n) => n.memory.memberId !== null);
  const members = joined.length > 0 ? joined : view.nodes;
  const agents = members.filter((n) => n.agent !== null);
  const withData = agents.filter((n) => n.agent?.data.state === "present").length;
  const needed = quorumOf(members.length);
  if (agents.length < needed) {
    const message = `${agents.length} of ${members.length} members are in sight, ${needed} are needed to know.`;
    return { type, status: "Unknown", reason: "NodesOutOfSight", message };
  }
  if (draft.bootstrap.phase === "done" && withData < needed && agents.length === members.length) {
    const message = `Only ${withData} of ${members.length} members still have data, a quorum is ${needed}. A person must decide: restore the lost data volumes, or delete the cluster.`;
    return { type, status: "False", reason: "QuorumLost", message };
  }
  return { type, status: "False", reason: "NoLeader", message: "etcd elects a leader." };
}

function allMembersReady({ view, draft }: Case): Verdict {
  const type = "AllMembersReady";
  const lacking = view.nodes
    .filter((n) => n.wanted)
    .map((n) => ({ slot: n.slot, reasons: notReadyReasons(n, view) }))
    .filter((n) => n.reasons.length > 0);
  if (lacking.length === 0) {
    return { type, status: "True", reason: "AllReady", message: "" };
  }
  const message = lacking
    .map(({ slot, reasons }) => `slot ${slot}: ${draft.refusals.get(slot) ?? reasons.join(", ")}`)
    .join("; ");
  return { type, status: "False", reason: "NodesNotReady", message };
}

function allMembersUpdated({ view }: Case): Verdict {
  const type = "AllMembersUpdated";
  const outdated = view.nodes.filter((n) => n.wanted && n.outdated).map((n) => n.slot);
  if (outdated.length === 0) return { type, status: "True", reason: "UpToDate", message: "" };
  const waits =
    view.spec.updateStrategy === "OnDelete" ? " They wait to be killed (OnDelete)." : "";
  const message = `Slots ${outdated.join(", ")} run an older template.${waits}`;
  return { type, status: "False", reason: "Outdated", message };
}

function recovering({ view, input }: Case): Verdict {
  const type = "Recovering";
  const back = view.nodes.filter(
    (n) => n.wanted && n.memory.launches > 1 && notReadyReasons(n, view).length > 0,
  );
  if (back.length === 0 || input.memory.firstReadyAt === null || view.empty) {
    return { type, status: "False", reason: "NothingLost", message: "" };
  }
  const message = `Slots ${back.map((n) => n.slot).join(", ")} come back.`;
  return { type, status: "True", reason: "NodesComeBack", message };
}
