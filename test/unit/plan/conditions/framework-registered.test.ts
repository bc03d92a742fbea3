import { fresh, lastKnown, stale, unknown } from "../../../../controller/model/observed.ts";
import type { ObservedMesos } from "../../../../controller/model/observed.ts";
import { frameworkRegistered } from "../../../../controller/plan/conditions/framework-registered.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { type PlannerRun, readyRun } from "../../../support/planner/run.ts";

const mesosOf = ({ world }: PlannerRun) => lastKnown(world.observed().mesos) as ObservedMesos;

conditionTable("FrameworkRegistered", frameworkRegistered.reasons, {
  "a framework that every task has answered for is subscribed, under the id that is told": [
    () => decide(readyRun()),
    "True",
    "Subscribed",
    "framework",
  ],
  "a framework that waits for answers is reconciling": [
    () => {
      const run = readyRun();
      return decide(run, { mesos: fresh({ ...mesosOf(run), reconciled: false }) });
    },
    "True",
    "Reconciling",
    "Waiting until Mesos has answered for every remembered task.",
  ],
  "a framework that has lost its master is disconnected": [
    () => {
      const run = readyRun();
      return decide(run, { mesos: stale(mesosOf(run), run.now) });
    },
    "False",
    "Disconnected",
    "The connection to the Mesos master is lost; subscribing again.",
  ],
  "a framework that has lost its master says why no other is found": [
    () => {
      const run = readyRun();
      return decide(run, { mesos: stale(mesosOf(run), run.now, "No master is registered.") });
    },
    "False",
    "Disconnected",
    "The connection to the Mesos master is lost; subscribing again. No master is registered.",
  ],
  "a framework that no master has answered says why": [
    () => decide(readyRun(), { mesos: unknown("no master answers") }),
    "Unknown",
    "NotSubscribed",
    "no master answers",
  ],
});
