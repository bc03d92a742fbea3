/** A unit that its agent killed because it did not answer: people are told which, and for how long. */
import type { Silence, UnitName } from "../../model/agent-api.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

const NAMES: Readonly<Record<UnitName, string>> = {
  etcd: "etcd",
  jupyter: "JupyterLab",
  sshd: "sshd",
};

const HOW: Readonly<Record<Silence, string>> = {
  stopped: "its process was stopped",
  refused: "nobody listened on its port",
  unanswered: "its process ran",
};

export function recordWedgedUnits({ view }: PlanContext, plan: PlanBuilder): void {
  for (const { slot, task, agent } of view.nodes) {
    if (task === null || agent === null) continue;
    let told = task.wedgedUnits;
    for (const name of Object.keys(told) as UnitName[]) {
      const { wedged } = agent.units[name];
      if (wedged == null || wedged.count <= told[name]) continue;
      const times = wedged.count - told[name];
      const repeated = times === 1 ? "" : `, ${times} times by now`;
      const seconds = Math.round(wedged.silentMs / 1000);
      plan.addEvent(
        "Warning",
        "UnitWedged",
        `${NAMES[name]} of slot ${slot} did not answer for ${seconds} s (${HOW[wedged.how]}) and was killed${repeated}; it is started again`,
      );
      told = { ...told, [name]: wedged.count };
    }
    if (told !== task.wedgedUnits) plan.patchTask(slot, { wedgedUnits: told });
  }
}
