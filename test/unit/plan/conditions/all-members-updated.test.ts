import { allMembersUpdated } from "../../../../controller/plan/conditions/all-members-updated.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { RELEASE, unsupportedText } from "../../../../controller/model/release.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { fresh } from "../../../../controller/model/observed.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FAR, unsupported } from "../../../support/planner/unsupported.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const changed = (spec: Partial<ClusterSpec>) => (): Plan => {
  const run = readyRun();
  changeSpec(run, { ...spec, image: "other" });
  return decide(run);
};

/** Every agent says this of itself. */
function decideWith(spec: Partial<ClusterSpec>, version: Partial<AgentStatus>): Plan {
  const run = readyRun();
  changeSpec(run, spec);
  return decide(run, { agents: changeAgents(run.world.observed(), () => version).agents });
}

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
  "an update to an image that is not there waits for it": [
    () => {
      const run = readyRun();
      changeSpec(run, { image: "other" });
      return decide(run, { image: fresh({ state: "absent", reference: "other" }) });
    },
    "False",
    "Outdated",
    "Slots 0, 1, 2 run an older template. The update waits: image other is not on this machine: " +
      "`docker pull` or build it, or correct spec.image.",
  ],
  "containers that are only replaced by a person's kill are told to wait for it": [
    changed({ updateStrategy: "OnDelete" }),
    "False",
    "Outdated",
    "Slots 0, 1, 2 run an older template. They wait to be killed (OnDelete).",
  ],
  "agents of the release before are told while their containers are replaced": [
    () => decideWith({ image: "other" }, { release: "0.1.0" }),
    "False",
    "Outdated",
    "Slots 0, 1, 2 run an older template. " +
      `Agents of other releases than the controller's ${RELEASE}: slots 0, 1, 2 of 0.1.0.`,
  ],
  "an image of another release that the spec names stays, and is told": [
    () => decideWith({}, { release: "0.1.0" }),
    "True",
    "UpToDate",
    `Agents of other releases than the controller's ${RELEASE}: slots 0, 1, 2 of 0.1.0.`,
  ],
  "an agent that speaks no version of ours is told apart from one that is silent": [
    () => unsupported(readyRun(), 1),
    "False",
    "AgentUnsupported",
    `slot 1: ${unsupportedText(FAR)}`,
  ],
  "a container that leaves is not counted": [
    changed({ replicas: 2 }),
    "False",
    "Outdated",
    "Slots 0, 1 run an older template.",
  ],
});
