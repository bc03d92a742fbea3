/** A container that is being ended takes its kernels along: people are told which, and once. */
import { kernelTitle, livingKernels } from "../../model/kernels.ts";
import { kernelsNow } from "./kernels-now.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { listed, lost } from "./record-kernels.ts";

export function tellLostKernels({ view }: PlanContext, plan: PlanBuilder): void {
  const { kernels } = plan.memory;
  if (kernels === null) return;
  const ending = new Map(
    plan.memory.slots.flatMap(({ slot, task }) =>
      task === null || task.killRequestedAt === null
        ? []
        : [[task.taskId, { slot, task }] as const],
    ),
  );
  if (ending.size === 0) return;
  const living = livingKernels(kernelsNow(view, kernels));
  for (const [taskId, { slot, task }] of ending) {
    const theirs = living.filter((kernel) => kernel.taskId === taskId);
    if (theirs.length === 0) continue;
    const named = listed(theirs.map((kernel) => `${kernelTitle(kernel)} (${kernel.state})`));
    const what = theirs.length === 1 ? "1 kernel ends" : `${theirs.length} kernels end`;
    const why = task.killReason ?? "it is stopped";
    plan.addEvent(
      "Warning",
      "KernelsLost",
      `${what} with the container of slot ${slot} (${why}): ${named}`,
    );
  }
  const isEnding = new Set(living.filter((k) => ending.has(k.taskId)).map(({ id }) => id));
  if (isEnding.size === 0) return;
  plan.updateMemory({ kernels: kernels.map((k) => (isEnding.has(k.id) ? lost(k, plan.now) : k)) });
}
