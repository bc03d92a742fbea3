/** States to begin with: nothing yet, or a cluster that is Ready, made by the planner itself. */
import { compileText, resolveConflicts } from "../../../crd-schema/documents.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { newMemory } from "../../../controller/plan/apply-spec.ts";
import type { BrokenRule } from "../rules/sight.ts";
import { pendingEffects, settle } from "./effects.ts";
import { Scratch } from "./scratch.ts";
import { pruned } from "./steps.ts";
import type { State } from "./state.ts";
import { reconcile } from "./reconcile.ts";

const BEGAN_AT = 1_800_000_000_000;
const ROUNDS_MAX = 200;
const SECRETS = {
  agentToken: "agent",
  jupyterToken: "jupyter",
  cookieSecret: "cookie",
  authorityKey: null,
};

export interface Site {
  readonly replicas: number;
  /** Hosts beyond one for each node. */
  readonly spareHosts: number;
  /** And one more is a spare. Default: false. */
  readonly spare?: boolean;
  /** Default: local. */
  readonly dataVolume?: "local" | "ephemeral";
}

/** A spec that has just been read, and hosts with room for one node each. */
export function nothingYet({
  replicas,
  spareHosts,
  dataVolume = "local",
  spare = false,
}: Site): State {
  const manifest = {
    apiVersion: "jupytercluster.dev/v1alpha1",
    kind: "JupyterCluster",
    metadata: { name: "lab" },
    spec: {
      replicas,
      resources: { cpus: 1, memory: "1Gi", disk: "1Gi" },
      network: { name: "net", subnet: "10.0.0.0/24" },
      storage: { shared: { type: "hostPath", hostPath: "/mnt" } },
      etcd: {
        dataVolume,
        standby: spare ? "learner" : "none",
        snapshots: { intervalSeconds: 0 },
        recovery: { mode: "Automatic", graceSeconds: 5 },
      },
      unreachable: { replaceAfterSeconds: 30 },
      backoff: { initialSeconds: 1, factor: 2, maxSeconds: 10 },
    },
  };
  const { clusters, problems } = resolveConflicts([
    compileText(JSON.stringify(manifest), "lab.yaml"),
  ]);
  const [cluster] = clusters;
  if (cluster === undefined) throw new Error(problems.map((p) => p.message).join("; "));
  const hosts = Array.from({ length: replicas + Number(spare) + spareHosts }, (_, i) => [
    `host-${i}`,
    "up",
  ]);
  return {
    now: BEGAN_AT,
    memory: newMemory(cluster, { uid: "0123456789abcdef", secrets: SECRETS }, BEGAN_AT),
    mesos: "heard",
    told: {},
    ended: {},
    hosts: Object.fromEntries(hosts) as State["hosts"],
    containers: [],
    volumes: {},
    heard: {},
    histories: [],
    taken: [],
    snapshots: [],
    asked: false,
    surprises: 0,
    edits: 0,
  };
}

/** @throws Error when the planner does not get it Ready */
export function readyCluster(site: Site): State {
  const ready = quiet(nothingYet(site));
  const lacks = ready.memory.conditions.find((c) => c.type === "Ready");
  if (lacks?.status !== "True") throw new Error(`not Ready: ${lacks?.reason}: ${lacks?.message}`);
  return ready;
}

export function withSnapshot(state: State): State {
  const clusterId = state.histories.at(-1)?.clusterId ?? "";
  const snapshot: SnapshotInfo = {
    id: "20260101T000000000Z-r9",
    takenAt: "2026-01-01T00:00:00.000Z",
    revision: 9,
    keys: 3,
    sizeBytes: 20_480,
    sha256: "ab".repeat(32),
    clusterId,
  };
  return { ...state, snapshots: [snapshot] };
}

/** The planner breaks a rule before anything has happened: on its way to where a scope begins. */
export class BrokenAtStart extends Error {
  override readonly name = "BrokenAtStart";

  constructor(readonly broken: BrokenRule) {
    super(`${broken.rule}: ${broken.what}`);
  }
}

/**
 * What a step on the way to where a scope begins has led to.
 *
 * @throws BrokenAtStart
 */
export function unbroken({ broken: [first], state }: Scratch): State {
  if (first !== undefined) throw new BrokenAtStart(first);
  return pruned(state);
}

/**
 * Without faults, until nothing is due and the planner is at rest.
 *
 * @throws BrokenAtStart
 */
export function quiet(state: State): State {
  let current = state;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const scratch = new Scratch(current);
    settle(scratch);
    reconcile(scratch);
    const next = unbroken(scratch);
    if (next.memory === current.memory && pendingEffects(next).length === 0) return next;
    current = next;
  }
  throw new Error("it does not come to rest");
}
