/** Conditions on the etcd cluster and its members. */
import type { Verdict } from "../../model/resource.ts";
import { notReadyReasons } from "../health/readiness.ts";
import type { Case } from "./judge.ts";
import { whyNoQuorum } from "./lost-quorum.ts";

export function judgeEtcd(facts: Case): Verdict[] {
  return [quorate(facts), allMembersReady(facts), allMembersUpdated(facts), recovering(facts)];
}

function quorate(facts: Case): Verdict {
  const type = "Quorate";
  const { view } = facts;
  const { leader, healthyVoters, voters } = view.etcd;
  if (leader !== null && view.etcd.members !== null) {
    const message = `${healthyVoters} of ${voters} voters follow slot ${leader.slot} in term ${leader.term}.`;
    return { type, status: "True", reason: "LeaderServes", message };
  }
  return { type, ...whyNoQuorum(facts) };
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
