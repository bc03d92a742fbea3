/** A rolling update that begins before the leader's JupyterLab has started. */
import { expect, it } from "vitest";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { changeSpec, followersOf, readyRun, types } from "../../../support/planner/run.ts";

/** An update is due while the leader's JupyterLab is not ready, nor that of those in `silent`. */
function updatedEarly(standby: ClusterSpec["jupyter"]["standby"], silent: "leader" | "all") {
  const run = readyRun();
  const { world } = run;
  if (world.leaderSlot === null) throw new Error("nobody leads");
  changeSpec(run, { image: "other", jupyter: { ...run.memory.cluster.spec.jupyter, standby } });
  const slots = silent === "all" ? world.runningSlots() : [world.leaderSlot];
  for (const slot of slots) world.units.set(slot, { jupyter: { ready: false } });
  const followers = followersOf(run);
  const decided = run.reconcile();
  const killed = decided.memory.slots.filter((s) => s.task?.killRequestedAt != null);
  return { run, decided, followers, killed: killed.map((s) => s.slot) };
}

it("begins with a follower where none has a JupyterLab that runs: a move would help nobody", () => {
  const { run, decided, followers, killed } = updatedEarly("cold", "all");
  expect(types(decided.actions)).not.toContain("MoveLeader");
  expect(killed).toEqual([followers.at(-1)]);
  run.world.units.clear();
  run.untilReady();
  expect(run.world.violations).toEqual([]);
});

it("moves leadership on where another's JupyterLab serves already", () => {
  const { decided, killed } = updatedEarly("warm", "leader");
  expect(types(decided.actions)).toContain("MoveLeader");
  expect(killed).toEqual([]);
});
