/**
 * An order to stop that was stored may never have left: the store hung, or the controller died. What has happened
 * since is judged before it is given again (the simulator's seed 1013).
 */
import { describe, expect, it } from "vitest";
import { resume } from "../../../../controller/model/resumed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeSpec, followersOf, PlannerRun, readyRun } from "../../../support/planner/run.ts";

/** The update has just decided to stop a node, and that is all: nothing has left. */
function decided(): { run: PlannerRun; slot: number } {
  const run = readyRun();
  changeSpec(run, { image: "image:2" });
  for (let reconciles = 0; reconciles < 20; reconciles += 1) {
    const { memory, now, world } = run;
    const next = plan({ memory, observed: world.observed(), now, defaultImage: "image" });
    const stopped = next.actions.find((a) => a.type === "KillTask");
    if (stopped?.type === "KillTask") {
      const slot = memory.slots.find((s) => s.task?.taskId === stopped.taskId)?.slot ?? -1;
      run.memory = resume(next.memory, now);
      return { run, slot };
    }
    run.reconcile();
  }
  throw new Error("no update began");
}

const stops = (run: PlannerRun) =>
  run.reconcile().actions.filter((a) => a.type === "KillTask").length;

describe("an order to stop that an earlier controller has stored", () => {
  it("is not given again while another node is down", () => {
    const { run, slot } = decided();
    const other = followersOf(run).find((s) => s !== slot) ?? -1;
    run.world.kill(other);
    expect([stops(run), run.memory.slots[slot]?.task?.killRequestedAt]).toEqual([0, null]);
  });

  it("is given again where all is as it was", () => {
    const { run } = decided();
    expect(stops(run)).toBe(1);
  });

  it("has left where Mesos says TASK_KILLED: that is no failure", () => {
    const { run, slot } = decided();
    const { taskId = "" } = run.memory.slots[slot]?.task ?? {};
    const task = run.world.tasks.get(taskId);
    if (task === undefined) throw new Error(`no task ${taskId}`);
    run.world.kill(slot);
    run.world.tasks.set(taskId, { ...task, state: "TASK_KILLED" });
    run.reconcile();
    expect(run.memory.slots[slot]).toMatchObject({ lastFailure: null, notBefore: 0 });
  });
});
