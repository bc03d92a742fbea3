/** What the status says of kernels, and that nobody telling is not the same as none. */
import { expect, it } from "vitest";
import type { KernelSummary } from "../../../../controller/model/resource.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { T0 } from "../../../support/planner/fixtures.ts";
import { exit, kernelOn, silentKernel, SPREAD } from "../../../support/planner/kernels.ts";
import { followersOf, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

const newRun = () => readyRun({ kernels: SPREAD });

const toldIn = (run: PlannerRun) => run.reconcile().status.kernels;
const only = (run: PlannerRun): Partial<KernelSummary> => toldIn(run)?.[0] ?? {};

it("says what each is, where and since when", () => {
  const run = newRun();
  expect(toldIn(run)).toBeNull();
  run.world.kernels = [];
  expect(toldIn(run)).toEqual([]);
  const [slot = -1] = followersOf(run);
  run.world.kernels = [kernelOn(run, slot, { state: "busy", lastExit: exit() })];
  const node = run.reconcile().status.nodes.find((n) => n.slot === slot)?.name;
  expect(toldIn(run)).toEqual([
    {
      ...{ id: `kernel-${slot}`, name: "python3", notebook: `on-${slot}.ipynb`, slot, node },
      ...{ state: "busy", since: timestamp(T0), memoryBytes: 2 ** 20 },
      lastExit: { reason: "OutOfMemory", message: exit().message, at: timestamp(T0) },
    },
  ]);
});

it("keeps those that were told of last, as unknown, while nobody tells", () => {
  const run = newRun();
  const [slot = -1] = followersOf(run);
  run.world.kernels = [kernelOn(run, slot)];
  run.reconcile();
  run.world.kernels = null;
  const untold = { notebook: `on-${slot}.ipynb`, state: "unknown", since: null, memoryBytes: null };
  expect(toldIn(run)).toMatchObject([untold]);
  run.world.kernels = [];
  expect(toldIn(run)).toEqual([]);
});

it("says that one is lost as soon as its container is known to be gone, and goes on saying it", () => {
  const run = newRun();
  const [slot = -1] = followersOf(run);
  const kernel = kernelOn(run, slot, { state: "busy" });
  run.world.kernels = [kernel];
  run.reconcile();
  run.world.kill(slot);
  // Its record outlives it by the lease of its node.
  expect(only(run)).toMatchObject({ state: "busy" });
  run.world.kernels = [silentKernel(kernel)];
  const lost = only(run);
  expect(lost).toMatchObject({
    state: "lost",
    lastExit: { reason: "NodeLost" },
    memoryBytes: null,
  });
  run.now += 60_000;
  run.world.kernels = [{ ...silentKernel(kernel), state: "lost" }];
  expect(only(run)).toMatchObject({ since: lost.since, lastExit: lost.lastExit });
  run.world.kernels = [kernelOn(run, slot, { incarnation: 2, state: "idle" })];
  expect(only(run)).toMatchObject({ state: "idle", lastExit: lost.lastExit });
});

it("takes a node that says nothing for silent, not for gone", () => {
  const run = newRun();
  const [slot = -1] = followersOf(run);
  run.world.kernels = [silentKernel(kernelOn(run, slot))];
  expect(only(run)).toMatchObject({ state: "unknown", lastExit: null });
});

it("forgets lost ones where kernels are JupyterLab's own from now on, once it has told of them", () => {
  const run = readyRun();
  const [slot = -1] = followersOf(run);
  run.world.kernels = [kernelOn(run, slot)];
  run.reconcile();
  run.world.kernels = null;
  run.world.kill(slot);
  expect(only(run)).toMatchObject({ state: "lost" });
  expect(toldIn(run)).toBeNull();
});

it("lets no name of a notebook write into terminals", () => {
  const run = newRun();
  const text = "\u001b[2Ja\nb";
  run.world.kernels = [kernelOn(run, 0, { notebook: text, lastExit: exit({ message: text }) })];
  const shown = "\uFFFD[2Ja\uFFFDb";
  expect(only(run)).toMatchObject({ notebook: shown, lastExit: { message: shown } });
});

it("remembers nothing that changes with every cell", () => {
  const run = newRun();
  run.world.kernels = [kernelOn(run, 0)];
  run.reconcile();
  const { memory } = run;
  run.world.kernels = [kernelOn(run, 0, { state: "busy", since: T0 + 9, memoryBytes: 7 })];
  run.reconcile();
  expect(run.memory.kernels).toBe(memory.kernels);
});
