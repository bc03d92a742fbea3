import { degraded } from "../../../../controller/plan/conditions/degraded.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun } from "../../../support/planner/run.ts";

conditionTable("Degraded", degraded.reasons, {
  "a cluster that is ready is as expected": [() => decide(readyRun()), "False", "AsExpected", ""],
  "a cluster that was never ready is not degraded": [
    () => decide(new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"))),
    "False",
    "AsExpected",
    "",
  ],
  "a cluster that shall not run is as expected": [
    () => {
      const run = readyRun();
      changeSpec(run, { suspend: true });
      return decide(run);
    },
    "False",
    "AsExpected",
    "",
  ],
  "a cluster that was ready and is not any more is degraded, for Ready's reason": [
    () => decide(readyRun(), { proxy: null }),
    "True",
    "NotStarted",
    "The proxy is not started.",
  ],
});
