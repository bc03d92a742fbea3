import { progressing } from "../../../../controller/plan/conditions/progressing.ts";
import { applyRebalance } from "../../../../controller/plan/apply-rebalance.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { ANNA } from "../../../support/planner/fixtures.ts";
import { kernelOn } from "../../../support/planner/kernels.ts";
import { changeSpec, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

function changedRun(spec: Partial<ClusterSpec>): PlannerRun {
  const run = readyRun();
  changeSpec(run, spec);
  return run;
}

const changed = (spec: Partial<ClusterSpec>) => (): Plan => decide(changedRun(spec));

conditionTable("Progressing", progressing.reasons, {
  "a cluster that is ready and up to date has converged": [changed({}), "False", "Converged", ""],
  "a cluster that is ready and outdated is reconciled": [
    changed({ image: "other", updateStrategy: "OnDelete" }),
    "True",
    "Reconciling",
    "Slots 0, 1, 2 run an older template. They wait to be killed (OnDelete).",
  ],
  "a cluster of which nodes move to better hosts is rebalanced": [
    () => {
      const run = readyRun();
      run.memory = applyRebalance(run.memory, "start", ANNA, run.now);
      return decide(run);
    },
    "True",
    "Rebalancing",
    "Nodes move to hosts where they are spread better.",
  ],
  "a cluster of which a node stays until its kernels are idle waits for them": [
    () => {
      const run = readyRun({ replicas: 1 });
      run.world.kernels = [kernelOn(run, 0, { state: "busy" })];
      run.now = Date.parse("2028-01-01T00:00:00Z");
      changeSpec(run, { image: "other" });
      return decide(run);
    },
    "True",
    "AwaitingKernels",
    "Waiting: the update of slot 0 waits until 2028-01-01T00:05:00.000Z at most for busy kernels.",
  ],
  "a cluster that is not ready is reconciled, and what it lacks is told": [
    () => decide(readyRun(), { proxy: null }),
    "True",
    "Reconciling",
    "The proxy is not started.",
  ],
  "a cluster that is being suspended is reconciled": [
    changed({ suspend: true }),
    "True",
    "Reconciling",
    "The spec asks for no container.",
  ],
  "a cluster that is suspended has stopped": [
    () => {
      const run = changedRun({ suspend: true });
      run.reconcile();
      return decide(run);
    },
    "False",
    "Stopped",
    "",
  ],
});
