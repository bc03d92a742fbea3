import { specValid } from "../../../../controller/plan/conditions/spec-valid.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { ClusterSpec, Problem } from "../../../../crd-schema/spec.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

const PROBLEM: Problem = {
  severity: "error",
  file: "cluster.yaml",
  line: 3,
  column: 5,
  field: "spec.replicas",
  message: "is not a number",
};

interface File {
  readonly problems?: readonly Problem[];
  readonly fileRemoved?: boolean;
}

const withFile =
  (file: File, spec: Partial<ClusterSpec> = {}) =>
  (): Plan => {
    const run = readyRun(spec);
    run.memory = { ...run.memory, ...file };
    return decide(run);
  };

const AT = "cluster.yaml:3:5: spec.replicas: is not a number";
const KEPT = "The last good spec stays in force.";

conditionTable("SpecValid", specValid.reasons, {
  "a file with nothing wrong is accepted": [withFile({}), "True", "Accepted", ""],
  "a file with a warning is accepted, and the warning told": [
    withFile({ problems: [{ ...PROBLEM, severity: "warning", message: "is even" }] }),
    "True",
    "Accepted",
    "spec.replicas: is even",
  ],
  "a file with an error is refused, and the place told": [
    withFile({ problems: [PROBLEM] }),
    "False",
    "Refused",
    `${AT}. ${KEPT}`,
  ],
  "an error that is a sentence keeps its one full stop": [
    withFile({ problems: [{ ...PROBLEM, message: "It is not a number." }] }),
    "False",
    "Refused",
    `cluster.yaml:3:5: spec.replicas: It is not a number. ${KEPT}`,
  ],
  "a file that cannot be read has neither line nor field": [
    withFile({ problems: [{ ...PROBLEM, line: null, column: null, field: "" }] }),
    "False",
    "Refused",
    `cluster.yaml: is not a number. ${KEPT}`,
  ],
  "of many errors the first five are told": [
    withFile({ problems: Array.from({ length: 6 }, () => PROBLEM) }),
    "False",
    "Refused",
    `${[AT, AT, AT, AT, AT].join("; ")}. ${KEPT}`,
  ],
  "a removed file leaves a cluster of policy Retain as it was": [
    withFile({ fileRemoved: true }),
    "Unknown",
    "FileRemoved",
    "The spec file is gone; deletionPolicy Retain keeps the cluster as it was.",
  ],
  "a removed file removes a cluster of policy Delete": [
    withFile({ fileRemoved: true }, { deletionPolicy: "Delete" }),
    "Unknown",
    "FileRemoved",
    "The spec file is gone; deletionPolicy Delete removes the cluster.",
  ],
});
