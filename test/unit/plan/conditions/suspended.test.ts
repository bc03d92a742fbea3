import { suspended } from "../../../../controller/plan/conditions/suspended.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeSpec, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

function suspendedRun(): PlannerRun {
  const run = readyRun();
  changeSpec(run, { suspend: true });
  return run;
}

conditionTable("Suspended", suspended.reasons, {
  "a cluster that is to run is not suspended": [
    () => decide(readyRun()),
    "False",
    "NotSuspended",
    "",
  ],
  "a cluster is being suspended while containers run": [
    () => decide(suspendedRun()),
    "False",
    "Suspending",
    "3 containers are still being stopped.",
  ],
  "a cluster is suspended when none runs any more": [
    () => {
      const run = suspendedRun();
      run.reconcile();
      return decide(run);
    },
    "True",
    "Suspended",
    "No container runs.",
  ],
});
