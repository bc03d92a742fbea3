/**
 * Which kernels there are, and how they ended. Remembered is what outlasts a cell: whether a kernel is busy, and
 * its memory, change too often to be stored. People are told of each end once, whoever tells of it how often.
 */
import {
  type KernelView,
  kernelTitle,
  type RememberedKernel,
  type ToldExit,
} from "../../model/kernels.ts";
import { oneLine } from "../../model/one-line.ts";
import type { EventReason } from "../../model/resource.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { isLost, toldKernels } from "./kernels-now.ts";

const LOST = "The kernel was lost with its node; what it held is gone.";

/** Ends that people are told of one by one; the others are their notebook's own affair. */
const REASONS: Readonly<Partial<Record<ToldExit["reason"], EventReason>>> = {
  OutOfMemory: "KernelOutOfMemory",
  TooManyProcesses: "KernelTooManyProcesses",
};

export function recordKernels({ view }: PlanContext, plan: PlanBuilder): void {
  const { kernels: before } = plan.memory;
  const told = toldKernels(view);
  if (told === null && before === null) return;
  const known = new Map(before?.map((kernel) => [kernel.id, kernel]));
  const kernels =
    told === null
      ? untold(before ?? [], view, plan.now)
      : told.map((kernel) => seen(kernel, known.get(kernel.id) ?? null, view, plan.now));
  tellEnds(kernels, known, plan);
  if (!sameData(kernels, before)) plan.updateMemory({ kernels });
}

/** As they were, but for those whose containers are gone. */
function untold(
  before: readonly RememberedKernel[],
  view: ClusterView,
  now: number,
): readonly RememberedKernel[] | null {
  const kernels = before.map((kernel) => (isGone(kernel, view) ? lost(kernel, now) : kernel));
  if (view.spec.kernels.placement !== "server") return kernels;
  // Nobody will tell of them any more.
  const left = kernels.filter((kernel) => !isLost(kernel) || !before.includes(kernel));
  return left.length === 0 ? null : left;
}

function seen(
  kernel: KernelView,
  before: RememberedKernel | null,
  view: ClusterView,
  now: number,
): RememberedKernel {
  const { id, slot, taskId, incarnation } = kernel;
  const remembered: RememberedKernel = {
    ...{ id, slot, taskId, incarnation },
    name: oneLine(kernel.name),
    notebook: kernel.notebook === null ? null : oneLine(kernel.notebook),
    lastExit: latest(before?.lastExit ?? null, kernel.lastExit),
  };
  const silent = kernel.state === "unknown" && isGone(remembered, view);
  return kernel.state === "lost" || silent ? lost(remembered, now) : remembered;
}

/** Of the same one, how it was told first. */
function latest(before: ToldExit | null, told: ToldExit | null): ToldExit | null {
  if (told === null || (before !== null && before.incarnation >= told.incarnation)) return before;
  const { incarnation, at, reason, message } = told;
  return { incarnation, at, reason, message: oneLine(message) };
}

/** No slot has the task any more in which it ran. */
function isGone({ slot, taskId }: RememberedKernel, { nodes }: ClusterView): boolean {
  return nodes.find((n) => n.slot === slot)?.task?.taskId !== taskId;
}

/** What had ended before has nothing to lose. */
export function lost(kernel: RememberedKernel, now: number): RememberedKernel {
  const { incarnation, lastExit } = kernel;
  if (lastExit?.incarnation === incarnation) return kernel;
  return { ...kernel, lastExit: { incarnation, at: now, reason: "NodeLost", message: LOST } };
}

function tellEnds(
  kernels: readonly RememberedKernel[] | null,
  known: ReadonlyMap<string, RememberedKernel>,
  plan: PlanBuilder,
): void {
  const lostIn = new Map<number, RememberedKernel[]>();
  for (const kernel of kernels ?? []) {
    const before = known.get(kernel.id);
    const { lastExit } = kernel;
    if (lastExit === null || lastExit.incarnation <= (before?.lastExit?.incarnation ?? 0)) continue;
    // Started again, it may be elsewhere.
    const slot = before?.slot ?? kernel.slot;
    if (lastExit.reason === "NodeLost") lostIn.set(slot, [...(lostIn.get(slot) ?? []), kernel]);
    const reason = REASONS[lastExit.reason];
    const message = `${kernelTitle(kernel)}, slot ${slot}: ${clause(lastExit.message)}`;
    if (reason !== undefined) plan.addEvent("Warning", reason, message);
  }
  for (const [slot, gone] of lostIn) {
    const what = `${countOf(gone)} ended with the container of slot ${slot}`;
    plan.addEvent("Warning", "KernelsLost", `${what}: ${listed(gone.map(kernelTitle))}`);
  }
}

function countOf({ length }: readonly unknown[]): string {
  return length === 1 ? "1 kernel" : `${length} kernels`;
}

/** Kernels that a message names. */
const NAMED_MAX = 5;

export function listed(titles: readonly string[]): string {
  const more = titles.length - NAMED_MAX;
  const named = titles.slice(0, NAMED_MAX).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

function clause(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`.replace(/\.$/, "");
}
