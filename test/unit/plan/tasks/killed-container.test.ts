import { describe, expect, it } from "vitest";
import {
  changeSpec,
  followersOf,
  PlannerRun,
  readyRun,
  types,
} from "../../../support/planner/run.ts";

function follower(run: PlannerRun): number {
  return followersOf(run)[0] as number;
}

describe("a killed container", () => {
  it("comes back in the same slot with the same data and no membership change", () => {
    const run = readyRun();
    const slot = follower(run);
    const members = run.world.members;
    run.world.kill(slot);
    const before = run.done.length;
    run.untilReady();
    const done = run.done.slice(before);
    expect(types(done).filter((t) => t !== "PutDesired")).toEqual([
      // A volume that somebody removed is made again with our labels, not by Docker without.
      ...["EnsureVolume", "EnsureVolume"],
      `LaunchTask ${slot}`,
      `StartEtcd ${slot}`,
    ]);
    expect(done.some((a) => a.type === "StartEtcd" && a.command.etcd.mode === "resume")).toBe(true);
    expect(run.world.members).toEqual(members);
  });

  it("does not touch the other containers", () => {
    const run = readyRun();
    const slot = follower(run);
    const others = run.world.runningSlots().filter((s) => s !== slot);
    const tasks = others.map((s) => run.world.taskOf(s));
    run.world.kill(slot);
    run.untilReady();
    expect(others.map((s) => run.world.taskOf(s))).toEqual(tasks);
  });

  it("is launched again at once the first time, and later after a pause that grows", () => {
    const run = readyRun();
    const slot = follower(run);
    const pauses: number[] = [];
    for (let death = 0; death < 4; death++) {
      run.world.kill(slot);
      const begun = run.now;
      run.until((p) => p.actions.some((a) => a.type === "LaunchTasks"));
      pauses.push(run.now - 200 - begun);
      run.until((p) => p.status.nodes[slot]?.phase !== "BackOff");
    }
    expect(pauses[0]).toBe(0);
    expect(pauses.slice(1)).toEqual([1000, 2000, 4000]);
  });

  it("never gets a task id that was used before, whatever the slot went through", () => {
    const run = readyRun({ replicas: 5 });
    changeSpec(run, { replicas: 3 });
    run.untilReady();
    changeSpec(run, { replicas: 5 });
    run.untilReady();
    expect(run.world.violations).toEqual([]);
  });
});
