import { recovering } from "../../../../controller/plan/conditions/recovering.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun } from "../../../support/planner/run.ts";

function withDeadNode(run = readyRun()): PlannerRun {
  run.world.kill(2);
  run.reconcile();
  return run;
}

conditionTable("Recovering", recovering.reasons, {
  "a cluster whose nodes are all ready has lost nothing": [
    () => decide(readyRun()),
    "False",
    "NothingLost",
    "",
  ],
  "a node that was launched again comes back": [
    () => decide(withDeadNode()),
    "True",
    "NodesComeBack",
    "Slot 2 comes back.",
  ],
  "a node that was launched again and is ready has come back": [
    () => {
      const run = withDeadNode();
      run.untilReady();
      return decide(run);
    },
    "False",
    "NothingLost",
    "",
  ],
  "a node that has come back and is out of sight, as for a controller that begins, is not lost": [
    () => {
      const run = withDeadNode();
      run.untilReady();
      return decide(run, { agents: new Map() });
    },
    "False",
    "NothingLost",
    "",
  ],
  "a node that starts for the first time is no recovery": [
    () => {
      const run = readyRun();
      changeSpec(run, { replicas: 4 });
      return run.reconcile();
    },
    "False",
    "NothingLost",
    "",
  ],
  "a node that leaves does not come back": [
    () => {
      const run = withDeadNode();
      changeSpec(run, { replicas: 2 });
      const agents = new Map(run.world.observed().agents);
      agents.delete(run.world.taskOf(2) as string);
      return decide(run, { agents });
    },
    "False",
    "NothingLost",
    "",
  ],
  "a cluster that was never ready recovers nothing": [
    () => {
      const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
      run.reconcile();
      return decide(withDeadNode(run));
    },
    "False",
    "NothingLost",
    "",
  ],
  "a cluster that shall not run recovers nothing": [
    () => {
      const run = withDeadNode();
      changeSpec(run, { suspend: true });
      return decide(run);
    },
    "False",
    "NothingLost",
    "",
  ],
});
