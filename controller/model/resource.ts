/** The JupyterCluster object as the API serves it and etcd stores it (Kubernetes conventions). */
import type { Election } from "./election.ts";
import type { KernelExitReason, KernelView } from "./kernels.ts";
import type { OperationStatus } from "./operation.ts";
import type { RebalanceStatus } from "./rebalance.ts";
import type { SnapshotInfo } from "./snapshot.ts";

export const API_VERSION = "jupytercluster.dev/v1alpha1";
export const KIND = "JupyterCluster";

/** In the order in which they stand in the status. */
export const CONDITION_TYPES = [
  "Ready",
  "Progressing",
  "Degraded",
  "SpecValid",
  "StateStored",
  "FrameworkRegistered",
  "Suspended",
  "Quorate",
  "AllMembersReady",
  "AllMembersUpdated",
  "Recovering",
  "SpaceAvailable",
  "BackupReady",
  "JupyterReady",
  "ProxyReady",
  "SSHReady",
  "StorageReady",
] as const;

export type ConditionType = (typeof CONDITION_TYPES)[number];
export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

export type NodePhase =
  | "Pending"
  | "BackOff"
  | "Launching"
  | "Starting"
  | "Joining"
  | "Running"
  /** The spare: its etcd has all data, and no vote before a voter is lost. */
  | "Standby"
  | "Unreachable"
  | "Stopping";

export interface NodeStatus {
  /** XXX-k; null until the first leader has named the slots. */
  readonly name: string | null;
  readonly slot: number;
  readonly ip: string;
  readonly phase: NodePhase;
  /** True for XXX-0 when etcd says that it leads. */
  readonly leader: boolean;
  readonly ready: boolean;
  readonly taskId: string | null;
  /** RFC 3339, of that task; null while there is none. */
  readonly launchedAt: string | null;
  /** Release of its agent; null while that is not in sight. */
  readonly version: string | null;
  /** Name of the container on its host's Docker engine; null while there is none. */
  readonly container: string | null;
  readonly agentId: string | null;
  readonly hostname: string | null;
  /** Tasks of this slot that ended. */
  readonly restarts: number;
  readonly message: string;
  readonly etcd: {
    readonly memberId: string;
    readonly isLearner: boolean;
    readonly raftTerm: number;
    readonly raftIndex: number;
    readonly dbSizeBytes: number;
  } | null;
  readonly jupyterReady: boolean;
  readonly sshReady: boolean;
}

/** A kernel that belongs to the cluster. */
export interface KernelSummary {
  readonly id: string;
  /** Of the kernel specification, such as `python3`. */
  readonly name: string;
  /** Of the notebook or console that it belongs to, below the shared storage; null: of none. */
  readonly notebook: string | null;
  /** XXX-k on which it runs, at present; null: no node of this slot has a name. */
  readonly node: string | null;
  readonly slot: number;
  /** `unknown`: nobody tells just now; what else is said of it was told before. */
  readonly state: KernelView["state"];
  /** RFC 3339, of the state; null with `unknown`. */
  readonly since: string | null;
  /** With all that it has started; null: not known. */
  readonly memoryBytes: number | null;
  /** The latest one, which it may have outlived by a restart; null: it has never ended. */
  readonly lastExit: {
    readonly reason: KernelExitReason;
    /** A sentence. */
    readonly message: string;
    /** RFC 3339. */
    readonly at: string;
  } | null;
}

export interface LastError {
  readonly code: string;
  readonly operation: string;
  readonly message: string;
  readonly observedAt: string;
}

export interface LastOperation {
  readonly type:
    | "Create"
    | "Reconcile"
    | "Recover"
    | "Update"
    | "Scale"
    | "Rebalance"
    | "Suspend"
    | "Delete";
  readonly state: "Processing" | "Succeeded" | "Error";
  readonly description: string;
  readonly lastUpdateTime: string;
}

export interface ClusterStatus {
  readonly observedGeneration: number;
  readonly phase: "Pending" | "Creating" | "Ready" | "Progressing" | "Degraded" | "Suspended";
  readonly replicas: number;
  readonly readyReplicas: number;
  /** XXX-0 when there is a leader, else null. */
  readonly leader: string | null;
  readonly nodes: readonly NodeStatus[];
  readonly etcd: {
    readonly clusterId: string | null;
    readonly leaderId: string | null;
    readonly raftTerm: number | null;
    readonly version: string | null;
    /** Key-value revision, as of when the status last changed otherwise. */
    readonly revision: number | null;
    /** How often the cluster was begun anew after a lost quorum. */
    readonly recoveries: number;
  };
  readonly backup: {
    readonly count: number;
    readonly last: SnapshotInfo | null;
  };
  /** The latest recovery from a lost quorum, and what was lost in it. */
  readonly lastRecovery: RecoveryRecord | null;
  /** The latest that a person has asked for; null: nobody has. */
  readonly rebalance: RebalanceStatus | null;
  /** The latest, newest last. */
  readonly operations: readonly OperationStatus[];
  readonly endpoints: {
    /** Without the token, which `url` on the command line tells. */
    readonly jupyter: string;
    readonly ssh: readonly string[];
    readonly etcd: readonly string[];
  };
  readonly elections: readonly Election[];
  /** In the order in which they were created; null: they are JupyterLab's own, or nobody has told of any yet. */
  readonly kernels: readonly KernelSummary[] | null;
  readonly conditions: readonly Condition[];
  readonly lastErrors: readonly LastError[];
  readonly lastOperation: LastOperation | null;
}

export interface JupyterClusterObject {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: ClusterStatus;
}

/** All that is told as an event. */
export const EVENT_REASONS = [
  ...["SpecAccepted", "SpecRefused", "SpecFileRemoved"],
  ...["NodeLaunched", "NodeReady", "NodeStopping", "NodeLost", "NodeUnreachable", "NodeReachable"],
  ...["LaunchBlocked", "NodesOnOneHost", "RebalanceBegun", "RebalanceEnded"],
  ...["HostCommandDone", "HostCommandFailed"],
  ...["ClusterFormed", "VolumesAdopted", "DataAdopted", "BootstrapLost", "FirstMembersLost"],
  ...["MemberAdded", "MemberReplaced", "MemberRemoved", "LeaderMoved"],
  ...["SparePromoted", "SpareReplaced"],
  ...["ForeignMemberRemoved", "AuthDisabled", "KeysRestored"],
  ...["LeaderLost", "LeaderElected", "ElectionSplit", "ElectionFailed"],
  ...["QuorumLost", "QuorumBack", "RecoveryBegun", "RecoveryFailed", "Recovered"],
  ...["EtcdCompacted", "AlarmCleared", "OutOfMemory", "UnitWedged"],
  ...["DiskFull", "DiskFreed"],
  ...["StorageRemounted", "KernelOutOfMemory", "KernelTooManyProcesses", "KernelsLost"],
  "KernelsAwaited",
] as const;

export type EventReason = (typeof EVENT_REASONS)[number];

/** Something that happened, for people. Kubernetes `Event` in brief. */
export interface ClusterEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: EventReason;
  readonly message: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
}

/** How a lost quorum was mended. */
export interface RecoveryRecord {
  /** RFC 3339. */
  readonly at: string;
  readonly from: "survivor" | "snapshot" | "nothing";
  readonly slot: number;
  /** Of the snapshot; null when a survivor went on. */
  readonly snapshotId: string | null;
  /** Everything up to this revision is there; null: not known yet. */
  readonly revision: number | null;
  /** The highest revision that was ever seen before; null: none was. */
  readonly lastSeenRevision: number | null;
  /** What was done and what is lost, in one or two sentences. */
  readonly message: string;
}
