import { describe, expect, it } from "vitest";
import { followersOf, PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

function follower(run: PlannerRun): number {
  return followersOf(run)[0] as number;
}

describe("lost data", () => {
  it("replaces the member: removed, added as a learner, joined, promoted", () => {
    const run = readyRun();
    const slot = follower(run);
    run.world.loseVolume(slot);
    const before = run.done.length;
    run.untilReady();
    expect(types(run.done.slice(before)).filter((t) => /Member|Learner|Launch/.test(t))).toEqual([
      `LaunchTask ${slot}`,
      `RemoveMember ${slot}`,
      `AddLearner ${slot}`,
      `PromoteMember ${slot}`,
    ]);
  });

  it("of a majority is never guessed away: a person is told to decide", () => {
    const run = readyRun();
    for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
    for (let i = 0; i < 20; i++) run.reconcile();
    const last = run.reconcile();
    const quorate = last.status.conditions.find((c) => c.type === "Quorate");
    expect([quorate?.status, quorate?.reason]).toEqual(["False", "QuorumLost"]);
    expect(run.done.filter((a) => a.type === "StartEtcd").length).toBe(3);
  });
});
