/** A slot that the spec wants no more leaves when its kernels are idle, or when their time is over. */
import { expect, it } from "vitest";
import type { KernelView } from "../../../../controller/model/kernels.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { MOVE_MS } from "../../../../controller/plan/update/leave-draining.ts";
import { BOUND_MS, busyOn, kernelOn, pass, SPREAD } from "../../../support/planner/kernels.ts";
import { changeSpec, type PlannerRun, readyRun, told } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const newRun = () => readyRun({ replicas: 5, kernels: SPREAD });

const condition = ({ status }: Plan, which: string) =>
  status.conditions.find(({ type }) => type === which);
const removed = ({ done }: PlannerRun) =>
  done.flatMap((a) => (a.type === "RemoveMember" ? [a.slot] : []));

it("those without busy kernels go at once, the others stay as voters, and the cluster is ready", () => {
  const run = newRun();
  const kernels = [...busyOn(run, [4]), kernelOn(run, 3)];
  pass(run, 200, kernels);
  changeSpec(run, { replicas: 3 });
  const begun = run.now;
  const waiting = pass(run, BOUND_MS / 2, kernels);
  expect(removed(run)).toEqual([3]);
  expect(condition(waiting, "Ready")).toMatchObject({
    status: "True",
    message: "3 of 3 nodes are ready.",
  });
  const until = timestamp(begun + BOUND_MS);
  expect(condition(waiting, "Progressing")).toMatchObject({
    ...{ status: "True", reason: "AwaitingKernels" },
    message: `Waiting: the removal of slot 4 waits until ${until} at most for busy kernels.`,
  });
  expect(told(run, "KernelsAwaited")).toEqual([
    `the removal of slot 4 waits until ${until} at most for busy kernels: on-4.ipynb`,
  ]);
  const after = pass(run, 2_000, [{ ...kernels[0], state: "idle" } as KernelView]);
  expect(removed(run)).toEqual([3, 4]);
  expect(condition(after, "Progressing")).toMatchObject({ reason: "Converged" });
  expect(told(run, "KernelsLost")).toContain(
    "1 kernel ends with the container of slot 4 (scaled in): on-4.ipynb (idle)",
  );
  expect(run.world.violations).toEqual([]);
});

it("they go when the time is over, which a restart of the controller does not begin anew", () => {
  const run = newRun();
  const kernels = busyOn(run, [3, 4]);
  pass(run, 200, kernels);
  changeSpec(run, { replicas: 3 });
  pass(run, BOUND_MS - 2_000, kernels);
  run.memory = JSON.parse(JSON.stringify(run.memory)) as typeof run.memory;
  expect(removed(run)).toEqual([]);
  pass(run, 5_000, kernels);
  expect(new Set(removed(run))).toEqual(new Set([3, 4]));
  expect(told(run, "KernelsLost").join()).toContain("(scaled in): on-4.ipynb (busy)");
});

it("one that is wanted again waits no more", () => {
  const run = newRun();
  const kernels = busyOn(run, [4]);
  pass(run, 200, kernels);
  changeSpec(run, { replicas: 3 });
  pass(run, 1_000, kernels);
  changeSpec(run, { replicas: 5 });
  const back = pass(run, 2_000, kernels);
  expect(back.memory.slots.map(({ task }) => task?.kernelWait)).not.toContainEqual(
    expect.anything(),
  );
  expect(removed(run)).not.toContain(4);
});

it("one that leads hands leadership over at once, and stays as long as the others", () => {
  const run = newRun();
  pass(run, 200, []);
  const leader = run.memory.slots.length - 1;
  run.world.etcd.leaderSlot = leader;
  const kernels = busyOn(run, [leader]);
  pass(run, 200, kernels);
  changeSpec(run, { replicas: 3 });
  pass(run, BOUND_MS / 2, kernels);
  expect(run.done.filter(({ type }) => type === "MoveLeader")).toHaveLength(1);
  expect(removed(run)).toEqual([3]);
});

it("one that does not work waits for nothing", () => {
  const run = newRun();
  const kernels = busyOn(run, [4]);
  pass(run, 200, kernels);
  run.world.blind.add(4);
  changeSpec(run, { replicas: 3 });
  pass(run, 2_000, kernels);
  expect(removed(run)).toContain(4);
});

const manyHosts = () => new Site([1, 2, 3, 4, 5, 6], { replicas: 5, kernels: SPREAD });

it("another host that goes down is left meanwhile", () => {
  const site = manyHosts();
  changeSpec(site, { kernels: { ...SPREAD, busyWaitSeconds: 86_400 } });
  const kernels = busyOn(site, [4]);
  pass(site, 200, kernels);
  changeSpec(site, { kernels: { ...SPREAD, busyWaitSeconds: 86_400 }, replicas: 4 });
  pass(site, 1_000, kernels);
  site.goesDown([site.agentOf(3)]);
  pass(site, 5_000, kernels);
  expect(site.left(0)).toContain("KillTask 3");
  expect(removed(site)).not.toContain(4);
});

it("its own host, that goes down, it leaves while there is time", () => {
  const site = manyHosts();
  changeSpec(site, { kernels: { ...SPREAD, busyWaitSeconds: 86_400 } });
  const kernels = busyOn(site, [4]);
  pass(site, 200, kernels);
  const leaveAt = site.now + 60_000;
  site.goesDown([site.agentOf(4)], { from: leaveAt + MOVE_MS, until: null });
  changeSpec(site, { kernels: { ...SPREAD, busyWaitSeconds: 86_400 }, replicas: 4 });
  pass(site, 50_000, kernels);
  expect(removed(site)).toEqual([]);
  pass(site, 20_000, kernels);
  expect(removed(site)).toEqual([4]);
});
