/** Kernels as the leader's agent tells of them. */
import type { KernelExit, KernelView } from "../../../controller/model/kernels.ts";
import type { Plan } from "../../../controller/plan/input.ts";
import type { FakeWorld } from "./fake-world.ts";
import { T0 } from "./fixtures.ts";
import { type PlannerRun, readyRun } from "./run.ts";

/** Of the cluster, as a spec says it; what can wait for busy ones waits for {@link BOUND_MS}. */
export const SPREAD = {
  ...readyRun().memory.cluster.spec.kernels,
  placement: "spread",
  busyWaitSeconds: 60,
} as const;
export const BOUND_MS = SPREAD.busyWaitSeconds * 1_000;

/** One that runs in the container that the slot has now. */
export function kernelOn(
  { world }: { readonly world: FakeWorld },
  slot: number,
  change: Partial<KernelView> = {},
): KernelView {
  return {
    id: `kernel-${slot}`,
    name: "python3",
    notebook: `on-${slot}.ipynb`,
    slot,
    taskId: world.taskOf(slot) ?? "none",
    incarnation: 1,
    state: "idle",
    since: T0,
    memoryBytes: 2 ** 20,
    lastExit: null,
    ...change,
  };
}

/** As an agent tells of one that is gone from sight. */
export function silentKernel(kernel: KernelView): KernelView {
  return { ...kernel, state: "unknown", since: null, memoryBytes: null };
}

export function exit(change: Partial<KernelExit> = {}): KernelExit {
  const message = "The kernel was ended: it had taken 300 MiB of memory; it may take 240 MiB.";
  const why = { reason: "OutOfMemory", message } as const;
  return { incarnation: 1, at: T0, ...why, code: null, signal: "SIGKILL", ...change };
}

/** Kernels stay in the containers in which they are, and go with them. */
export function tell(run: PlannerRun, kernels: readonly KernelView[]): void {
  run.world.kernels = kernels.filter((k) => run.world.taskOf(k.slot) === k.taskId);
}

export const busyOn = (run: PlannerRun, slots: readonly number[]) =>
  slots.map((slot) => kernelOn(run, slot, { state: "busy" }));

/** Reconciles for so long, with these kernels. */
export function pass(run: PlannerRun, ms: number, kernels: readonly KernelView[]): Plan {
  const until = run.now + ms;
  let last: Plan | null = null;
  while (run.now < until) {
    tell(run, kernels);
    last = run.reconcile();
  }
  if (last === null) throw new Error("nothing was reconciled");
  return last;
}
