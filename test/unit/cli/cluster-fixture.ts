/** A JupyterCluster object as the controller would publish it, for tests. */
import { CONDITION_TYPES } from "../../../controller/model/resource.ts";
import type { Election } from "../../../controller/model/election.ts";
import type { OfferRecord } from "../../../controller/model/offer.ts";
import type { OperationStatus } from "../../../controller/model/operation.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import type {
  ClusterEvent,
  ClusterStatus,
  Condition,
  ConditionStatus,
  ConditionType,
  JupyterClusterObject,
  NodeStatus,
} from "../../../controller/model/resource.ts";

export interface FixtureOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: Record<string, unknown>;
  readonly status?: Partial<ClusterStatus>;
  readonly generation?: number;
}

export function clusterObject(options: FixtureOptions = {}): JupyterClusterObject {
  const name = options.name ?? "lab";
  const generation = options.generation ?? 1;
  return {
    apiVersion: "jupytercluster.dev/v1alpha1",
    kind: "JupyterCluster",
    metadata: {
      name,
      namespace: options.namespace ?? "default",
      uid: "0b9f2c1e-4d0a-4f6e-9a63-0f1f7a3c9d11",
      generation,
      resourceVersion: "42",
      creationTimestamp: "2026-01-02T03:00:00Z",
      labels: {},
      annotations: {},
    },
    spec: options.spec ?? { replicas: 3 },
    status: {
      observedGeneration: generation,
      phase: "Ready",
      replicas: 3,
      readyReplicas: 3,
      leader: `${name}-0`,
      nodes: [0, 1, 2].map((slot) => node(name, slot)),
      etcd: {
        clusterId: "c1",
        leaderId: "a0",
        raftTerm: 2,
        version: "3.5.16",
        revision: 7,
        recoveries: 0,
      },
      backup: { count: 0, last: null },
      lastRecovery: null,
      rebalance: null,
      operations: [],
      endpoints: {
        jupyter: "http://127.0.0.1:8888/",
        ssh: ["admin@172.30.0.10:22"],
        etcd: ["http://172.30.0.10:2379"],
      },
      elections: [election()],
      kernels: null,
      conditions: conditions({}),
      lastErrors: [],
      lastOperation: null,
      ...options.status,
    },
  };
}

/** The `n`-th of a cluster, a minute after the one before. */
export function snapshot(n: number): SnapshotInfo {
  const minute = String(n).padStart(2, "0");
  const revision = 40 + n;
  return {
    id: `20260102T02${minute}00000Z-r${revision}`,
    takenAt: `2026-01-02T02:${minute}:00.000Z`,
    revision,
    keys: 7,
    sizeBytes: 20512,
    sha256: "ab".repeat(32),
    clusterId: "c1",
  };
}

/** That a person asked for, and that took two seconds. */
export function operation(over: Partial<OperationStatus> = {}): OperationStatus {
  return {
    id: "restore-1",
    kind: "Restore",
    state: "Succeeded",
    askedBy: { via: "CommandLine", user: "anna@desk" },
    askedAt: "2026-01-02T02:00:00.000Z",
    startedAt: "2026-01-02T02:00:01.000Z",
    endedAt: "2026-01-02T02:00:03.000Z",
    attempts: 1,
    slot: 0,
    message: "done",
    code: null,
    snapshotId: null,
    ...over,
  };
}

/** The first election of three. */
export function election(change: Partial<Election> = {}): Election {
  return {
    clusterId: "c1",
    term: 2,
    cause: "FirstElection",
    previousLeader: null,
    voters: ["a0", "a1", "a2"],
    lost: [],
    preVotes: [],
    candidates: [{ member: "a0", atMs: 0 }],
    votes: [
      { candidate: "a0", from: "a0", granted: true, atMs: 0 },
      { candidate: "a0", from: "a1", granted: true, atMs: 1 },
    ],
    learned: [{ member: "a0", atMs: 12 }],
    leaderId: "a0",
    startedAt: "2026-01-02T03:00:10.000Z",
    durationMs: 12,
    toldBy: "a0",
    members: [0, 1, 2].map((slot) => ({ id: `a${slot}`, slot, name: null })),
    ...change,
  };
}

export function node(cluster: string, slot: number, change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    name: `${cluster}-${slot}`,
    slot,
    ip: `172.30.0.${10 + slot}`,
    phase: "Running",
    leader: slot === 0,
    ready: true,
    taskId: `default.${cluster}.0b9f2c1e.${slot}.0`,
    launchedAt: "2026-01-02T03:04:05.000Z",
    version: "0.2.0",
    container: `mesos-${slot}`,
    agentId: "agent-0",
    hostname: "host-a",
    restarts: 0,
    message: "",
    etcd: {
      memberId: `a${slot}`,
      isLearner: false,
      raftTerm: 2,
      raftIndex: 100 + slot,
      dbSizeBytes: 20480,
    },
    jupyterReady: true,
    sshReady: true,
    ...change,
  };
}

/** All condition types; those not named are True, or False where that is the good state. */
export function conditions(
  changes: Partial<Record<ConditionType, readonly [ConditionStatus, string, string]>>,
): Condition[] {
  const goodWhenFalse = new Set(["Progressing", "Degraded", "Recovering", "Suspended"]);
  return CONDITION_TYPES.map((type) => {
    const good = goodWhenFalse.has(type) ? "False" : "True";
    const [status, reason, message] = changes[type] ?? ([good, "AsExpected", ""] as const);
    return {
      type,
      status,
      reason,
      message,
      lastTransitionTime: "2026-01-02T03:01:00Z",
      observedGeneration: 1,
    };
  });
}

export function event(message: string, change: Partial<ClusterEvent> = {}): ClusterEvent {
  return {
    type: "Normal",
    reason: "LeaderElected",
    message,
    firstTimestamp: "2026-01-02T03:01:00Z",
    lastTimestamp: "2026-01-02T03:01:00Z",
    count: 1,
    ...change,
  };
}

type Decision = OfferRecord["decisions"][number];

/** An offer of host-1, a minute old. */
export function offerRecord(
  id: string,
  decisions: readonly Pick<Decision, "cluster" | "reason" | "message">[],
): OfferRecord {
  return {
    id,
    receivedAt: "2026-01-02T03:03:05.000Z",
    agentId: "agent-1",
    hostname: "host-1",
    cpus: 2,
    memoryMiB: 4096,
    diskMiB: 512,
    resources: [
      { name: "cpus", amount: "2", role: "lab", unusable: null },
      { name: "ports", amount: "[1-9]", role: "*", unusable: "no use" },
    ],
    attributes: { rack: "r1" },
    unavailability: null,
    state: "Declined",
    declinedForSeconds: 5,
    decisions: decisions.map((decision) => ({ offerId: id, slots: [1], ...decision })),
  };
}
