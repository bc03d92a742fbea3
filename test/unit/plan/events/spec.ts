/** Events of the spec file. */
import { specSnapshot } from "../../../../controller/model/spec-snapshot.ts";
import { applySpec } from "../../../../controller/plan/apply-spec.ts";
import type { ManifestReading } from "../../../../crd-schema/load.ts";
import { fakeCluster, fakeMemory, T0 } from "../../../support/planner/fixtures.ts";
import type { EventTable } from "./event-table.ts";

/** A cluster is created, and then its file is read like this. */
const afterReading = (reading: Partial<ManifestReading>) => () => {
  const nothing = { clusters: [], problems: [], files: ["cluster.yaml"], complete: true };
  const memory = fakeMemory();
  return applySpec(memory, specSnapshot({ ...nothing, ...reading }), T0 + 1000).events.slice(1);
};

const PROBLEM = {
  severity: "error",
  file: "cluster.yaml",
  line: 3,
  column: 5,
  field: "spec.replicas",
  message: "is not a number",
} as const;

export const SPEC_EVENTS = {
  SpecAccepted: {
    "a cluster is created": [() => fakeMemory().events, "Normal", "the cluster is created"],
    "its spec is changed": [
      afterReading({ clusters: [fakeCluster({ replicas: 5 })] }),
      "Normal",
      "generation 2 of the spec is in force",
    ],
  },
  SpecRefused: {
    "the file has an error": [
      afterReading({ problems: [PROBLEM, { ...PROBLEM, line: 4 }] }),
      "Warning",
      "cluster.yaml:3:5: spec.replicas: is not a number",
    ],
    "the file has a warning: not then": [
      afterReading({ clusters: [fakeCluster()], problems: [{ ...PROBLEM, severity: "warning" }] }),
      "Warning",
    ],
  },
  SpecFileRemoved: {
    "the file is gone": [
      afterReading({ files: [] }),
      "Warning",
      "the spec file is gone; deletionPolicy is Retain",
    ],
  },
} satisfies EventTable;
