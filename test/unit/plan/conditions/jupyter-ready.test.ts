import { jupyterReady } from "../../../../controller/plan/conditions/jupyter-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

/** Jupyter runs on all nodes but this one. */
const without = (lacking: "the leader" | "a follower") => (): Plan => {
  const run = readyRun();
  const { leaderSlot } = run.world;
  const { agents } = changeAgents(run.world.observed(), ({ slot, units }) =>
    (slot === leaderSlot) === (lacking === "the leader")
      ? { units: { ...units, jupyter: { ...units.jupyter, ready: false } } }
      : {},
  );
  return decide(run, { agents });
};

conditionTable("JupyterReady", jupyterReady.reasons, {
  "the leader serves it": [without("a follower"), "True", "Serving", ""],
  "it starts while the leader's does not answer": [
    without("the leader"),
    "False",
    "Starting",
    `JupyterLab starts on slot ${readyRun().world.leaderSlot}.`,
  ],
  "nobody serves it while there is no leader": [
    () => decide(readyRun(), { agents: new Map() }),
    "False",
    "NoLeader",
    "There is no leader to serve it.",
  ],
});
