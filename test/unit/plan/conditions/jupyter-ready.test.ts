import { jupyterReady } from "../../../../controller/plan/conditions/jupyter-ready.ts";
import type { UnitStatus } from "../../../../controller/model/agent-api.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

const STARTING = { state: "starting", ready: false } as const;
const SINCE = "2026-01-01T00:00:00.000Z";

/** Jupyter runs on all nodes but this one. */
const without = (lacking: "the leader" | "a follower", now: Partial<UnitStatus>) => (): Plan => {
  const run = readyRun();
  const { leaderSlot } = run.world;
  const { agents } = changeAgents(run.world.observed(), ({ slot, units }) =>
    (slot === leaderSlot) === (lacking === "the leader")
      ? { units: { ...units, jupyter: { ...units.jupyter, ...now } } }
      : {},
  );
  return decide(run, { agents });
};

conditionTable("JupyterReady", jupyterReady.reasons, {
  "the leader serves it": [without("a follower", STARTING), "True", "Serving", ""],
  "it starts until the leader's has first answered": [
    without("the leader", STARTING),
    "False",
    "Starting",
    `JupyterLab starts on slot ${readyRun().world.leaderSlot}.`,
  ],
  "it is not started before the shared storage is there": [
    () => {
      const run = readyRun();
      const storage = { ready: false, message: "no server answers", fault: "ServersUnreachable" };
      const { agents } = changeAgents(run.world.observed(), ({ units }) => {
        const jupyter = { ...units.jupyter, state: "stopped", ready: false } as const;
        return { storage, units: { ...units, jupyter } };
      });
      return decide(run, { agents });
    },
    "False",
    "WaitingForStorage",
    `JupyterLab on slot ${readyRun().world.leaderSlot} waits for the shared storage: no server answers.`,
  ],
  "it does not answer any more": [
    without("the leader", { ready: false, silent: { since: SINCE, how: "unanswered" } }),
    "False",
    "NotAnswering",
    `JupyterLab on slot ${readyRun().world.leaderSlot} has not answered since ${SINCE}.`,
  ],
  "it does not answer any more, and its agent is of early 0.1.0": [
    without("the leader", { ready: false }),
    "False",
    "NotAnswering",
    `JupyterLab on slot ${readyRun().world.leaderSlot} has not answered.`,
  ],
  "nobody serves it while there is no leader": [
    () => decide(readyRun(), { agents: new Map() }),
    "False",
    "NoLeader",
    "There is no leader to serve it.",
  ],
});
