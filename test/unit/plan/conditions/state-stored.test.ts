import { expect, it } from "vitest";
import { stateStored } from "../../../../controller/plan/conditions/state-stored.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

const WHY = "/state/clusters/default/demo.json: ENOSPC, the disk is full.";

/** A follower was killed, and nothing can be written down. */
const unstored = () => {
  const run = readyRun();
  run.world.kill(2);
  const { memory, now } = run;
  const observed = run.world.observed();
  return plan({ memory, observed, now, defaultImage: "image", storageFailure: WHY });
};

conditionTable("StateStored", stateStored.reasons, {
  "it is stored as long as no write failed": [() => decide(readyRun()), "True", "Stored", ""],
  "it is not stored, and nothing is done": [
    unstored,
    "False",
    "StorageFailed",
    `What the controller must remember of this cluster can't be stored, so nothing is done: ${WHY}`,
  ],
});

it("tells what is seen, and intends nothing", () => {
  const { status, actions, memory, wantsOffers } = unstored();
  expect(actions).toEqual([]);
  expect(wantsOffers).toBe(false);
  expect(memory.slots.map((s) => s.task === null)).toEqual([false, false, true]);
  expect([status.phase, status.readyReplicas]).toEqual(["Degraded", 2]);
  expect(status.nodes[2]).toMatchObject({ taskId: null, ready: false, message: "no container" });
});
