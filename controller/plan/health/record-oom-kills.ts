/** A process that the kernel ended for want of memory ends without a word; people are told why. */
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

const MIB = 2 ** 20;

export function recordOomKills({ view }: PlanContext, plan: PlanBuilder): void {
  for (const { slot, task, agent } of view.nodes) {
    const memory = agent?.memory;
    if (task === null || memory == null || memory.oomKills <= task.oomKills) continue;
    const count = memory.oomKills - task.oomKills;
    plan.patchTask(slot, { oomKills: memory.oomKills });
    const limit =
      memory.limitBytes === null ? "" : ` of ${Math.floor(memory.limitBytes / MIB)} MiB`;
    const who = count === 1 ? "a process" : `${count} processes`;
    plan.addEvent(
      "Warning",
      "OutOfMemory",
      `${who} of slot ${slot} ended: its memory${limit} was used up (spec.resources.memory)`,
    );
  }
}
