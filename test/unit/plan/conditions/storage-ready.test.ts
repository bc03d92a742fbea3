import { storageReady } from "../../../../controller/plan/conditions/storage-ready.ts";
import type { Holding } from "../../../../controller/model/holdings.ts";
import { fresh } from "../../../../controller/model/observed.ts";
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

const owner = { namespace: "default", name: "demo", uid: "u2", createdBy: null };
const holding = (held: Holding) => (): Plan => decide(readyRun(), { holdings: fresh([held]) });

conditionTable("StorageReady", storageReady.reasons, {
  "a volume is another cluster's": [
    holding({ kind: "shared", name: "demo-shared", owner }),
    "False",
    "ForeignVolume",
    "Volume demo-shared belongs to another cluster default/demo, uid u2: nothing is launched on it. Choose another metadata.name, or take over what is there with `jupyter-cluster adopt demo` (--dry-run shows what that would be).",
  ],
  "the network is another cluster's": [
    holding({ kind: "network", name: "net", owner }),
    "False",
    "ForeignNetwork",
    "Network net belongs to another cluster default/demo, uid u2: nothing is launched on it. Choose another metadata.name, or take over what is there with `jupyter-cluster adopt demo` (--dry-run shows what that would be).",
  ],
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
