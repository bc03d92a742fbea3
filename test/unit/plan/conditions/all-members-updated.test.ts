import { allMembersUpdated } from "../../../../controller/plan/conditions/all-members-updated.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const changed = (spec: Partial<ClusterSpec>) => (): Plan => {
  const run = readyRun();
  changeSpec(run, { ...spec, image: "other" });
  return decide(run);
};

conditionTable("AllMembersUpdated", allMembersUpdated.reasons, {
  "containers made from the present template are up to date": [
    () => decide(readyRun()),
    "True",
    "UpToDate",
    "",
  ],
  "containers made from another template are outdated": [
    changed({}),
    "False",
    "Outdated",
    "Slots 0, 1, 2 run an older template.",
  ],
  "containers that are only replaced by a person's kill are told to wait for it": [
    changed({ updateStrategy: "OnDelete" }),
    "False",
    "Outdated",
    "Slots 0, 1, 2 run an older template. They wait to be killed (OnDelete).",
  ],
  "a container that leaves is not counted": [
    changed({ replicas: 2 }),
    "False",
    "Outdated",
    "Slots 0, 1 run an older template.",
  ],
});
