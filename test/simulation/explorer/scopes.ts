/**
 * Small scopes: each situation that takes more than one reconcile, with each group of faults that
 * may strike in it. Groups are small on purpose: faults that mask each other part company.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { FaultKind } from "./faults.ts";
import type { Scope } from "./steps.ts";
import {
  learnerCatchesUp,
  oneVoteTooMany,
  survivorOutOfSight,
  survivorUnaware,
} from "./moments.ts";
import { nothingYet, readyCluster, type Site, withSnapshot } from "./start.ts";
import type { State } from "./state.ts";

interface Situation {
  readonly name: string;
  readonly site: Site;
  readonly begin: (site: Site) => State;
  readonly edits: readonly Partial<ClusterSpec>[];
}

const THREE: Site = { replicas: 3, spareHosts: 0 };

const WITH_SPARE: Site = { ...THREE, spare: true };

const SITUATIONS: readonly Situation[] = [
  { name: "three nodes form", site: THREE, begin: nothingYet, edits: [] },
  { name: "three nodes run", site: THREE, begin: readyCluster, edits: [] },
  {
    name: "three nodes run, with a spare host",
    site: { ...THREE, spareHosts: 1 },
    begin: readyCluster,
    edits: [],
  },
  {
    name: "three nodes and a spare form",
    site: WITH_SPARE,
    begin: nothingYet,
    edits: [],
  },
  {
    name: "three nodes and a spare run",
    site: WITH_SPARE,
    begin: readyCluster,
    edits: [],
  },
  {
    name: "two nodes grow to three",
    site: { replicas: 2, spareHosts: 1 },
    begin: readyCluster,
    edits: [{ replicas: 3 }],
  },
  {
    name: "three nodes shrink to one",
    site: THREE,
    begin: readyCluster,
    edits: [{ replicas: 1 }],
  },
  {
    name: "three nodes get a new image",
    site: THREE,
    begin: readyCluster,
    edits: [{ image: "2" }],
  },
  {
    name: "three nodes grow to four",
    site: { ...THREE, spareHosts: 1 },
    begin: readyCluster,
    edits: [{ replicas: 4 }],
  },
  {
    name: "five nodes get a new image",
    site: { replicas: 5, spareHosts: 0 },
    begin: readyCluster,
    edits: [{ image: "2" }],
  },
  {
    name: "two nodes on data that dies with them get a new image",
    site: { replicas: 2, spareHosts: 0, dataVolume: "ephemeral" },
    begin: readyCluster,
    edits: [{ image: "2" }],
  },
  {
    name: "three nodes and a spare on data that dies with them get a new image",
    site: { ...WITH_SPARE, dataVolume: "ephemeral" },
    begin: readyCluster,
    edits: [{ image: "2" }],
  },
  {
    name: "three nodes are suspended and come back",
    site: THREE,
    begin: readyCluster,
    edits: [{ suspend: true }, { suspend: false }],
  },
  {
    name: "two nodes with a snapshot",
    site: { replicas: 2, spareHosts: 0 },
    begin: (site) => withSnapshot(readyCluster(site)),
    edits: [],
  },
  {
    name: "a fourth node is about to catch up",
    site: { ...THREE, spareHosts: 1 },
    begin: learnerCatchesUp,
    edits: [],
  },
  {
    name: "five nodes have lost three, and one of the others is out of sight",
    site: { replicas: 5, spareHosts: 0 },
    begin: survivorOutOfSight,
    edits: [],
  },
  {
    name: "three nodes have lost two, and the third has not noticed yet",
    site: THREE,
    begin: survivorUnaware,
    edits: [],
  },
  {
    name: "four nodes and a spare have one vote too many, and two do not follow yet",
    site: { ...WITH_SPARE, replicas: 4 },
    begin: oneVoteTooMany,
    edits: [],
  },
];

const FAULTS: readonly (readonly FaultKind[])[] = [
  ["data lost", "silence"],
  ["killed", "late news"],
  ["host loses power", "late news"],
  ["host cut off", "data lost"],
  ["Mesos away", "controller killed while it acts"],
  ["killed", "controller killed", "restore asked for"],
  ["write", "others' data lost"],
  ["storage fails", "silence"],
];

const STEPS_MAX = 12;

export interface BudgetedScope extends Scope {
  /** Share of the whole budget. */
  readonly share: number;
}

/**
 * First one surprise of any kind at any moment of each situation, then two of one group.
 */
export const SCOPES: readonly BudgetedScope[] = [
  ...SITUATIONS.map((situation) => scopeOf(situation, [...new Set(FAULTS.flat())], 1, 8)),
  ...FAULTS.flatMap((faults) => SITUATIONS.map((situation) => scopeOf(situation, faults, 2, 1))),
];

function scopeOf(
  { name, site, begin, edits }: Situation,
  faults: readonly FaultKind[],
  surprisesMax: number,
  share: number,
): BudgetedScope {
  const named = `${name}; ${surprisesMax === 1 ? "any one fault" : faults.join(", ")}`;
  const stepsMax = STEPS_MAX;
  return { name: named, begin: () => begin(site), edits, faults, surprisesMax, stepsMax, share };
}
