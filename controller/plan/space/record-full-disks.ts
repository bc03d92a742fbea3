/** Whoever fills a disk is told by an error, and everybody else by these. */
import { fullDisks } from "./full-disks.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

export function recordFullDisks({ view }: PlanContext, plan: PlanBuilder): void {
  const full = new Map(fullDisks(view).map(({ slot, text }) => [slot, text]));
  for (const { slot, task, agent } of view.nodes) {
    if (task === null || agent?.disk == null || agent.disk.full === task.diskFull) continue;
    plan.patchTask(slot, { diskFull: agent.disk.full });
    const text = full.get(slot);
    if (text === undefined) {
      plan.addEvent(
        "Normal",
        "DiskFreed",
        `there is room again on the disk of slot ${slot}'s data`,
      );
    } else {
      plan.addEvent("Warning", "DiskFull", `the disk with this data is full: ${text}`);
    }
  }
}
