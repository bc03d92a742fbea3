/** Events of kernels. */
import {
  changeSpec,
  followersOf,
  type PlannerRun,
  readyRun,
} from "../../../support/planner/run.ts";
import { exit, kernelOn, silentKernel, SPREAD } from "../../../support/planner/kernels.ts";
import type { KernelExitReason } from "../../../../controller/model/kernels.ts";
import { completeMemory } from "../../../../controller/model/complete-memory.ts";
import { resume } from "../../../../controller/model/resumed.ts";
import { type EventTable, news } from "./event-table.ts";

const newRun = () => readyRun({ kernels: { ...SPREAD, busyWaitSeconds: 300 } });

/** It has ended and is started again, which its node's agents tell as long as there is no later end. */
const afterEnd = (reason: KernelExitReason, between: (run: PlannerRun) => void) => () => {
  const run = newRun();
  run.world.kernels = [kernelOn(run, 2)];
  run.reconcile();
  const message = "The kernel was ended: it was too much.";
  const lastExit = exit({ reason, message });
  return news(run, () => {
    run.world.kernels = [kernelOn(run, 2, { state: "dead", lastExit })];
    run.reconcile();
    between(run);
    run.world.kernels = [kernelOn(run, 2, { incarnation: 2, lastExit })];
    run.reconcile();
  });
};

function restartController(run: PlannerRun): void {
  const stored = JSON.parse(JSON.stringify(run.memory)) as typeof run.memory;
  run.memory = resume(completeMemory(stored), run.now);
}

const TOLD = "on-2.ipynb, slot 2: the kernel was ended: it was too much";

export const KERNEL_EVENTS = {
  KernelOutOfMemory: {
    "a kernel took more memory than it may: once, however long it is told": [
      afterEnd("OutOfMemory", () => {}),
      "Warning",
      TOLD,
    ],
    "and not again after a restart of the controller": [
      afterEnd("OutOfMemory", restartController),
      "Warning",
      TOLD,
    ],
    "a kernel ended by itself: not then": [afterEnd("Exited", () => {}), "Warning"],
  },
  KernelTooManyProcesses: {
    "a kernel had more processes than it may": [
      afterEnd("TooManyProcesses", restartController),
      "Warning",
      TOLD,
    ],
  },
  KernelsAwaited: {
    "a node is to go whose kernels are busy: once, with the bound": [
      () => {
        const run = newRun();
        run.world.kernels = followersOf(run).map((slot) => kernelOn(run, slot, { state: "busy" }));
        run.now = Date.parse("2028-01-01T00:00:00Z");
        changeSpec(run, { image: "other" });
        return news(run, () => {
          run.reconcile();
          restartController(run);
          run.reconcile();
        }).map((e) => ({ ...e, message: e.message.replaceAll(/(slot |on-)\d/g, "$1N") }));
      },
      "Normal",
      "the update of slot N waits until 2028-01-01T00:05:00.000Z at most for busy kernels: on-N.ipynb",
      "the update of slot N waits until 2028-01-01T00:05:00.000Z at most for busy kernels: on-N.ipynb",
    ],
  },
  KernelsLost: {
    "a container is ended with kernels in it: before it is, and not again after": [
      () => {
        const run = newRun();
        const kernels = ["idle", "busy"].map((state) =>
          kernelOn(run, 2, { id: state, notebook: `${state}.ipynb`, state: state as "idle" }),
        );
        run.world.kernels = kernels;
        run.reconcile();
        changeSpec(run, { suspend: true });
        return news(run, () => {
          run.reconcile();
          restartController(run);
          run.world.kernels = kernels.map(silentKernel);
          for (let i = 0; i < 5; i += 1) run.reconcile();
        });
      },
      "Warning",
      "2 kernels end with the container of slot 2 (the cluster is suspended): " +
        "idle.ipynb (idle), busy.ipynb (busy)",
    ],
    "a container dies with kernels in it: all of them in one": [
      () => {
        const run = newRun();
        const [slot = -1] = followersOf(run);
        const kernels = [1, 2, 3, 4, 5, 6, 7].map((n) =>
          kernelOn(run, slot, { id: `kernel-${n}`, notebook: `${n}.ipynb` }),
        );
        run.world.kernels = kernels;
        run.reconcile();
        return news(run, () => {
          run.world.kill(slot);
          run.world.kernels = kernels.map(silentKernel);
          run.reconcile();
          restartController(run);
          run.world.kernels = kernels.map((k) => ({ ...silentKernel(k), state: "lost" }));
          run.untilReady();
        }).map((event) => ({ ...event, message: event.message.replace(/slot \d/, "slot N") }));
      },
      "Warning",
      "7 kernels ended with the container of slot N: " +
        "1.ipynb, 2.ipynb, 3.ipynb, 4.ipynb, 5.ipynb and 2 more",
    ],
    "of one that had ended before there is nothing to lose": [
      () => {
        const run = newRun();
        const [slot = -1] = followersOf(run);
        const lastExit = exit({ reason: "Exited" });
        const kernel = kernelOn(run, slot, { state: "dead", lastExit });
        run.world.kernels = [kernel];
        run.reconcile();
        return news(run, () => {
          run.world.kill(slot);
          run.world.kernels = [{ ...silentKernel(kernel), state: "lost" }];
          run.untilReady();
        });
      },
      "Warning",
    ],
  },
} satisfies EventTable;
