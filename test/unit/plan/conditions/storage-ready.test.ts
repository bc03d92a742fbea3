import { storageReady } from "../../../../controller/plan/conditions/storage-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const withNodes = (gone: readonly number[], blind: readonly number[]) => (): Plan => {
  const run = readyRun();
  for (const slot of blind) run.world.blind.add(slot);
  const storage = { ready: false, message: "not mounted" };
  const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
    gone.includes(slot) ? { storage } : {},
  );
  return decide(run, { agents });
};

conditionTable("StorageReady", storageReady.reasons, {
  "every node has it": [withNodes([], []), "True", "OnEveryNode", ""],
  "each node that has it not is told with what its agent says": [
    withNodes([0, 2], []),
    "False",
    "NotOnEveryNode",
    "slot 0: not mounted; slot 2: not mounted",
  ],
  "a node that leaves need not have it": [
    () => {
      const run = readyRun();
      changeSpec(run, { replicas: 2 });
      const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
        slot === 2 ? { storage: { ready: false, message: "not mounted" } } : {},
      );
      return decide(run, { agents });
    },
    "True",
    "OnEveryNode",
    "",
  ],
  "nothing is known of a node that is out of sight": [
    withNodes([], [1]),
    "Unknown",
    "NodesOutOfSight",
    "Slots 1 are out of sight.",
  ],
  "a node that has it not is told before one that is out of sight": [
    withNodes([2], [1]),
    "False",
    "NotOnEveryNode",
    "slot 2: not mounted",
  ],
});
