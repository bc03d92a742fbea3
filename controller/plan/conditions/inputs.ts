/** Conditions on what the cluster is made from: the file, the framework, suspension. */
import type { Verdict } from "../../model/resource.ts";
import type { Case } from "./judge.ts";

export function judgeInputs(facts: Case): Verdict[] {
  return [specValid(facts), frameworkRegistered(facts), suspended(facts)];
}

function specValid({ input }: Case): Verdict {
  const type = "SpecValid";
  const { problems, fileRemoved, cluster } = input.memory;
  const errors = problems.filter((p) => p.severity === "error");
  if (errors.length > 0) {
    const lines = errors.slice(0, 5).map((p) => {
      const place = [p.file, p.line, p.column].filter((x) => x !== null).join(":");
      return [place, p.field, p.message].filter(Boolean).join(": ");
    });
    const message = `${lines.join("; ")}. The last good spec stays in force.`;
    return { type, status: "False", reason: "Refused", message };
  }
  if (fileRemoved) {
    const kept = cluster.spec.deletionPolicy === "Retain";
    const message = kept
      ? "The spec file is gone; deletionPolicy Retain keeps the cluster as it was."
      : "The spec file is gone; deletionPolicy Delete removes the cluster.";
    return { type, status: "Unknown", reason: "FileRemoved", message };
  }
  const warnings = problems.map((p) => `${p.field}: ${p.message}`);
  return { type, status: "True", reason: "Accepted", message: warnings.join("; ") };
}

function frameworkRegistered({ input, view }: Case): Verdict {
  const type = "FrameworkRegistered";
  const { mesos } = input.observed;
  if (mesos.freshness === "unknown") {
    return { type, status: "Unknown", reason: "NotSubscribed", message: mesos.reason };
  }
  if (mesos.freshness === "stale") {
    const message = "The connection to the Mesos master is lost; subscribing again.";
    return { type, status: "False", reason: "Disconnected", message };
  }
  if (view.mesos === null) {
    const message = "Waiting until Mesos has answered for every remembered task.";
    return { type, status: "True", reason: "Reconciling", message };
  }
  return { type, status: "True", reason: "Subscribed", message: mesos.value.frameworkId };
}

function suspended({ view, input }: Case): Verdict {
  const type = "Suspended";
  if (!input.memory.cluster.spec.suspend) {
    return { type, status: "False", reason: "NotSuspended", message: "" };
  }
  const running = view.nodes.filter((n) => n.task !== null).length;
  if (running > 0) {
    const message = `${running} containers are still being stopped.`;
    return { type, status: "False", reason: "Suspending", message };
  }
  return { type, status: "True", reason: "Suspended", message: "No container runs." };
}
