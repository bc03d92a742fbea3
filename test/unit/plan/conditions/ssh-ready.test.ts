import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { sshReady } from "../../../../controller/plan/conditions/ssh-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

/** Slots 1 and 2 say this. */
const withNodes = (change: (status: AgentStatus) => Partial<AgentStatus>) => (): Plan => {
  const run = readyRun();
  const { agents } = changeAgents(run.world.observed(), (status) =>
    status.slot === 0 ? {} : change(status),
  );
  return decide(run, { agents });
};

conditionTable("SSHReady", sshReady.reasons, {
  "every node knows every other's keys": [withNodes(() => ({})), "True", "OnEveryNode", ""],
  "each node that lacks a key is told": [
    withNodes(() => ({ sshKnownSlots: [1, 2] })),
    "False",
    "NotOnEveryNode",
    "slots 1, 2: keys of slot 0 missing",
  ],
  "each node whose sshd does not answer is told": [
    withNodes(({ units }) => ({ units: { ...units, sshd: { ...units.sshd, ready: false } } })),
    "False",
    "NotOnEveryNode",
    "slots 1, 2: sshd not ready",
  ],
  "the keys of a node that is out of sight are not missed beside it": [
    () => {
      const run = readyRun();
      run.world.blind.add(2);
      const { agents } = changeAgents(run.world.observed(), () => ({ sshKnownSlots: [0, 1] }));
      return decide(run, { agents });
    },
    "Unknown",
    "NodesOutOfSight",
    "Slot 2 is out of sight.",
  ],
  "the key of a node that leaves is not missed": [
    () => {
      const run = readyRun();
      changeSpec(run, { replicas: 2 });
      return decide(
        run,
        changeAgents(run.world.observed(), () => ({ sshKnownSlots: [0, 1] })),
      );
    },
    "True",
    "OnEveryNode",
    "",
  ],
  "nothing is known of a node that is out of sight": [
    () => {
      const run = readyRun();
      run.world.blind.add(0).add(2);
      return decide(run);
    },
    "Unknown",
    "NodesOutOfSight",
    "Slots 0, 2 are out of sight.",
  ],
});
