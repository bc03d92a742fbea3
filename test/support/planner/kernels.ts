/** Kernels as the leader's agent tells of them. */
import type { KernelExit, KernelView } from "../../../controller/model/kernels.ts";
import type { FakeWorld } from "./fake-world.ts";
import { T0 } from "./fixtures.ts";

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
