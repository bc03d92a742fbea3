/** What was open in a file system is lost when it is mounted again; people are told which node it was. */
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

export function recordRemounts({ view }: PlanContext, plan: PlanBuilder): void {
  for (const { slot, task, agent } of view.nodes) {
    const mounts = agent?.storage.mounts;
    if (task === null || mounts === undefined || mounts <= task.storageMounts) continue;
    const again = mounts - Math.max(1, task.storageMounts);
    plan.patchTask(slot, { storageMounts: mounts });
    if (again <= 0) continue;
    const times = again === 1 ? "" : ` ${again} times`;
    plan.addEvent(
      "Warning",
      "StorageRemounted",
      `the shared storage of slot ${slot} was mounted again${times}: files that were open there are ` +
        "lost to those who had them open, and kernels that work in it must change into it anew " +
        "(os.chdir) or be restarted",
    );
  }
}
