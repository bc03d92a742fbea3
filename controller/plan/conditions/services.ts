/** Conditions on what users of the cluster touch: Jupyter, the proxy, SSH, the shared folder. */
import type { ConditionType, Verdict } from "../../model/resource.ts";
import type { NodeView } from "../view/cluster-view.ts";
import { listensAsWanted } from "../launch/prerequisites.ts";
import type { Case } from "./judge.ts";

export function judgeServices(facts: Case): Verdict[] {
  return [jupyterReady(facts), proxyReady(facts), sshReady(facts), storageReady(facts)];
}

function jupyterReady({ view }: Case): Verdict {
  const type = "JupyterReady";
  const leader = view.nodes.find((n) => n.leads);
  if (leader === undefined) {
    return {
      type,
      status: "False",
      reason: "NoLeader",
      message: "There is no leader to serve it.",
    };
  }
  if (!leader.agent?.units.jupyter.ready) {
    const message = `JupyterLab starts on slot ${leader.slot}.`;
    return { type, status: "False", reason: "Starting", message };
  }
  return { type, status: "True", reason: "Serving", message: "" };
}

function proxyReady({ view, input }: Case): Verdict {
  const type = "ProxyReady";
  const { proxy } = input.observed;
  if (proxy === null) {
    return { type, status: "Unknown", reason: "NotStarted", message: "The proxy is not started." };
  }
  const { error } = proxy;
  if (!listensAsWanted(proxy, view.spec.proxy)) {
    const message = error ?? "The proxy does not listen.";
    return { type, status: "False", reason: "NotListening", message };
  }
  const leader = view.nodes.find((n) => n.leads);
  if (proxy.target === null || proxy.target.ip !== leader?.ip) {
    const message = "Requests are held until a leader serves Jupyter.";
    return { type, status: "False", reason: "NoTarget", message };
  }
  return { type, status: "True", reason: "Serving", message: "" };
}

function sshReady(facts: Case): Verdict {
  return everyNode(facts, "SSHReady", (n) => {
    if (!n.agent?.units.sshd.ready) return "sshd not ready";
    const known = new Set(n.agent.sshKnownSlots);
    return facts.view.nodes.every((m) => !m.wanted || known.has(m.slot)) ? null : "keys missing";
  });
}

function storageReady(facts: Case): Verdict {
  return everyNode(facts, "StorageReady", (n) =>
    n.agent?.storage.ready ? null : (n.agent?.storage.message ?? "agent not in sight"),
  );
}

function everyNode(
  { view }: Case,
  type: ConditionType,
  lack: (node: NodeView) => string | null,
): Verdict {
  const nodes = view.nodes.filter((n) => n.wanted);
  const unseen = nodes.filter((n) => n.agent === null).map((n) => n.slot);
  const lacking = nodes
    .filter((n) => n.agent !== null)
    .map((n) => ({ slot: n.slot, why: lack(n) }))
    .filter((n) => n.why !== null);
  if (lacking.length > 0) {
    const message = lacking.map((n) => `slot ${n.slot}: ${n.why}`).join("; ");
    return { type, status: "False", reason: "NotOnEveryNode", message };
  }
  if (unseen.length > 0) {
    const message = `Slots ${unseen.join(", ")} are out of sight.`;
    return { type, status: "Unknown", reason: "NodesOutOfSight", message };
  }
  return { type, status: "True", reason: "OnEveryNode", message: "" };
}
