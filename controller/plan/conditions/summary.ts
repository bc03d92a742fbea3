/** The summary conditions follow from the others. */
import type { ConditionType, Verdict } from "../../model/resource.ts";
import { tableInForce } from "../health/readiness.ts";
import type { Case } from "./judge.ts";

/** In the order in which a person would look for the cause. */
const NEEDED: readonly ConditionType[] = [
  "FrameworkRegistered",
  "Quorate",
  "SpaceAvailable",
  "AllMembersReady",
  "StorageReady",
  "SSHReady",
  "JupyterReady",
  "ProxyReady",
];

export function judgeSummary(facts: Case, parts: readonly Verdict[]): Verdict[] {
  const ready = judgeReady(facts, parts);
  return [ready, progressing(facts, ready, parts), degraded(facts, ready)];
}

function judgeReady({ view, draft, input }: Case, parts: readonly Verdict[]): Verdict {
  const type = "Ready";
  if (view.empty) {
    const reason = input.memory.cluster.spec.suspend ? "Suspended" : "Deleting";
    return { type, status: "False", reason, message: "The spec asks for no container." };
  }
  const obstacle = [...draft.refusals.values()][0];
  for (const needed of NEEDED) {
    const part = parts.find((p) => p.type === needed);
    if (part?.status === "True") continue;
    const why = part?.message ?? "not judged";
    return { type, status: "False", reason: part?.reason ?? "Unknown", message: obstacle ?? why };
  }
  const extra = view.nodes.filter((n) => !n.wanted).map((n) => n.slot);
  if (extra.length > 0) {
    const message = `Slots ${extra.join(", ")} are leaving.`;
    return { type, status: "False", reason: "ScalingIn", message };
  }
  if (view.etcd.members?.length !== view.nodes.length || tableInForce(view) === null) {
    const message = "etcd's members and the nodes are not the same yet.";
    return { type, status: "False", reason: "MembershipDiffers", message };
  }
  const message = `${view.nodes.length} of ${view.nodes.length} nodes are ready.`;
  return { type, status: "True", reason: "AllReady", message };
}

function progressing({ view }: Case, ready: Verdict, parts: readonly Verdict[]): Verdict {
  const type = "Progressing";
  const updated = parts.find((p) => p.type === "AllMembersUpdated")?.status === "True";
  if (ready.status === "True" && updated) {
    return { type, status: "False", reason: "Converged", message: "" };
  }
  if (view.empty && view.nodes.every((n) => n.task === null)) {
    return { type, status: "False", reason: "Stopped", message: "" };
  }
  return { type, status: "True", reason: "Reconciling", message: ready.message };
}

/** Degraded: it ran whole before, it is meant to, and it does not now. */
function degraded({ view, input }: Case, ready: Verdict): Verdict {
  const type = "Degraded";
  if (ready.status === "True" || input.memory.firstReadyAt === null || view.empty) {
    return { type, status: "False", reason: "AsExpected", message: "" };
  }
  return { type, status: "True", reason: ready.reason, message: ready.message };
}
