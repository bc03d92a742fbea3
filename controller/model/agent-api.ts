/**
 * The contract between the controller and the agent in each container: JSON over HTTP on
 * {@link AGENT_PORT}, within TLS where etcd has it (support/agent-tls.ts), every request with `Authorization: Bearer <token>` (401 without).
 *
 * | request | answer |
 * |---|---|
 * | `GET /v1/status` | 200 {@link AgentStatus} |
 * | `GET /v1/usage` | 200 {@link NodeUsage}, or 501: it cannot be told |
 * | `GET /v1/watch` | 200 `application/x-ndjson`: an {@link AgentStatus} a line, at once, on every change, and at least each {@link HEARTBEAT_INTERVAL_MS} |
 * | `PUT /v1/start` {@link StartCommand} | 202 accepted (idempotent for the same `commandId`); 400 malformed; 409 {@link AgentRefusal} when the data directory forbids it |
 * | `GET /v1/snapshot` | 200 `application/octet-stream`: a verified snapshot of the local member, with the headers of {@link SNAPSHOT_HEADERS}; 409 {@link AgentRefusal} `EtcdNotServing` |
 * | `PUT /v1/snapshot?sha256=` | 204: the body is kept for a `restore` command, verified; 400 when it is not what `sha256` says or no snapshot; 507 when the disk is full |
 * | `POST /v1/defragment` | 204 when the local member's database is defragmented; 409 `EtcdNotServing` |
 * | `PUT /v1/term` | 204: the term in {@link TERM_HEADER} is known from now on; 404 of agents of 0.1.0, which know no terms |
 * | `POST /v1/stop?taskId=` | 202: the node ends, as by SIGTERM; 409 {@link AgentRefusal} `OtherTask` when it is another task |
 * | `GET /v1/logs/{etcd,jupyter,sshd,agent}?tail=N&follow=true` | 200 `text/plain`; 404 unknown unit |
 *
 * A `PUT` or `POST` says with {@link TERM_HEADER} in which term its controller acts: one of a lower term
 * than any seen before is refused, 409 {@link AgentRefusal} `LowerTerm`. Controllers of 0.1.0 have none.
 *
 * Snapshots and defragmentation are done one at a time: a request waits for those before it, and is dropped when
 * its client hangs up. 507 whenever the data volume is full, 500 what else went wrong; both say why.
 *
 * Secrets never pass through Mesos or the container's environment: the environment holds only the SHA-256 of the
 * bearer token, and the rest arrives with the first command.
 */
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import type { ElectionRecord } from "./election.ts";
import type { KernelsConfig, KernelView } from "./kernels.ts";
import type { HostsTable } from "./naming.ts";
import type { NodeDisk } from "./node-disk.ts";
import type { NodeMemory } from "./node-memory.ts";
import type { SnapshotRef } from "./snapshot.ts";
import type { StandingResume } from "./standing-resume.ts";
import type { StorageConfig, StorageStatus } from "./shared-storage.ts";
import type { TlsIdentity } from "./tls-identity.ts";

export const AGENT_PORT = 7700;
/** Decimal; of every order, once controllers can stand by for one another. */
export const TERM_HEADER = "jupyter-cluster-term";
/** Longest silence on `/v1/watch`, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 1000;
/** Headers of a snapshot: decimal numbers, and lower-case hex. */
export const SNAPSHOT_HEADERS = {
  revision: "etcd-snapshot-revision",
  keys: "etcd-snapshot-keys",
  sha256: "etcd-snapshot-sha256",
  clusterId: "etcd-cluster-id",
} as const;
/** Environment variable that holds {@link NodeConfig} as JSON. */
export const NODE_CONFIG_ENV = "JUPYTER_CLUSTER_NODE";

/**
 * The lowest version of this contract (model/release.ts) that holds what this spec needs of a node's agent. An agent
 * that knows less would leave it undone without a word.
 */
export function agentApiNeededBy({ storage, kernels }: ClusterSpec): number {
  const { shared } = storage;
  if (kernels.placement !== "server") return 2;
  if (shared.type === "hostPath") return shared.requireMount ? 2 : 1;
  return shared.type === "volume" ? 1 : 2;
}

/** Where the slot's durable volume is mounted (etcd data, identity file). */
export const DATA_MOUNT = "/var/lib/jupyter-cluster";

/** What a container is told at launch. Nothing secret. */
export interface NodeConfig {
  /** {@link agentApiNeededBy} of the spec: an agent that does not know it ends, and says so. Untold: 1. */
  readonly apiVersion?: number | undefined;
  readonly namespace: string;
  readonly cluster: string;
  readonly slot: number;
  readonly taskId: string;
  readonly ip: string;
  /** Lower-case hex SHA-256 of the bearer token. */
  readonly tokenSha256: string;
  readonly etcd: {
    readonly tls: boolean;
    readonly heartbeatMs: number;
    readonly electionMs: number;
    readonly quotaMiB: number;
  };
  readonly jupyter: {
    readonly port: number;
    readonly auth: "token" | "none";
    readonly standby: "warm" | "cold";
    /** Seconds, 0 is never; left out: what is idle is left alone. */
    readonly idle?:
      | { readonly kernelsAfterSeconds: number; readonly terminalsAfterSeconds: number }
      | undefined;
  };
  /** Left out: kernels are children of JupyterLab. Agents up to 0.1.0 have no others. */
  readonly kernels?: KernelsConfig | undefined;
  readonly ssh: { readonly user: string; readonly authorizedKeys: readonly string[] };
  readonly storage: StorageConfig;
  /** Left out: it waits to be told. */
  readonly resume?: StandingResume | undefined;
}

/**
 * What the agent is to run. The etcd part is carried out once per `commandId`; the same command with
 * another certificate renews that, and etcd goes on.
 */
export interface StartCommand {
  /** Of those that both sides know, the highest; untold: 1. Another is refused: 409 `UnsupportedVersion`. */
  readonly apiVersion?: number | undefined;
  readonly commandId: string;
  readonly etcd: EtcdStart;
  /** Null: etcd speaks without TLS. */
  readonly tls: TlsIdentity | null;
  readonly jupyter: {
    /** Jupyter's token; empty when `auth` is `none`. */
    readonly token: string;
    /** Signs login cookies; the same on every node, so that a login outlives a failover. */
    readonly cookieSecret: string;
  };
}

/** member name -> peer URL */
export type InitialCluster = Readonly<Record<string, string>>;

export type EtcdStart =
  /** First start of a new cluster. Refused (409 `DataPresent`) over data of another cluster. */
  | {
      readonly mode: "bootstrap";
      readonly memberName: string;
      readonly initialCluster: InitialCluster;
      readonly token: string;
    }
  /** Start on the data that is there. Refused when there is none or of another `clusterId`. */
  | { readonly mode: "resume"; readonly memberName: string; readonly clusterId: string | null }
  /** Wipe what is there and join as the learner that was just added. */
  | {
      readonly mode: "join";
      readonly memberName: string;
      readonly memberId: string;
      readonly clusterId: string;
      readonly initialCluster: InitialCluster;
    }
  /**
   * Quorum is lost for good: become the only member, keeping the data, the log's last entries included that no commit
   * was heard of: the cluster id stays. Carried out once per `commandId`.
   */
  | { readonly mode: "force-new-cluster"; readonly memberName: string; readonly clusterId: string }
  /**
   * All data is lost: wipe what is there and become the only member of a new cluster that holds the snapshot, or
   * nothing when `snapshot` is null. `clusterId` follows from the peer URL and the token; over data of that very cluster
   * the member just starts. Refused (409 `SnapshotMissing`) until the snapshot was handed over, and (409
   * `EtcdRunning`) while etcd has a leader.
   */
  | {
      readonly mode: "restore";
      readonly memberName: string;
      readonly clusterId: string;
      readonly initialCluster: InitialCluster;
      readonly token: string;
      readonly snapshot: SnapshotRef | null;
    };

/** What the slot's data directory holds. `memberId`/`clusterId` are hex; null: never learned. */
export type EtcdData =
  | { readonly state: "empty" }
  | {
      readonly state: "present";
      readonly memberId: string | null;
      readonly clusterId: string | null;
      /**
       * Index and term of the last entry in the raft log, committed or not, as they lay there when the container started
       * or a leader was last lost; 0 when unknown. Of several survivors the one with the highest (term, index) holds all
       * that any of them has acknowledged.
       */
      readonly raftIndex: number;
      readonly raftTerm: number;
      /** True from when etcd followed a leader, or ended, until the log was read again: it may hold more than this. */
      readonly readingDue?: boolean | undefined;
    }
  | { readonly state: "corrupt"; readonly reason: string };

export type UnitName = "etcd" | "sshd" | "jupyter";

/** Whose log can be read. */
export const LOG_UNITS = ["etcd", "jupyter", "sshd", "agent"] as const;
export type LogUnit = (typeof LOG_UNITS)[number];

/**
 * How a process is silent. `stopped`: it is (SIGSTOP); `refused`: it runs, and nobody listens on its
 * port; `unanswered`: it runs, and takes what it is asked without a word.
 */
export type Silence = "stopped" | "refused" | "unanswered";

/** It has answered since it was started, and does not now. */
export interface UnitSilence {
  /** RFC 3339, by the node's clock. */
  readonly since: string;
  readonly how: Silence;
}

/** A unit that the agent has killed because it did not answer. */
export interface UnitWedged {
  /** How often, since the container started. */
  readonly count: number;
  /** Of the last time: for how many milliseconds it had been silent; the agent's own pauses do not count. */
  readonly silentMs: number;
  /** Of the last time. */
  readonly how: Silence;
}

export interface UnitStatus {
  readonly state: "stopped" | "starting" | "running" | "backoff" | "exited";
  /** True when it answers its own protocol (etcd status, ssh banner, HTTP 200). */
  readonly ready: boolean;
  readonly pid: number | null;
  readonly restarts: number;
  readonly lastExit: { readonly code: number | null; readonly signal: string | null } | null;
  /** Null: it answers, or has not done so yet. Agents of early 0.1.0 do not tell it. */
  readonly silent?: UnitSilence | null | undefined;
  /** Null: it never was. Agents of early 0.1.0 do not tell it. */
  readonly wedged?: UnitWedged | null | undefined;
}

export interface EtcdMember {
  /** Hex. */
  readonly id: string;
  /** Empty for a member that was added and has not started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

/** As the local etcd tells it on loopback. */
export interface EtcdHealth {
  readonly memberId: string;
  readonly clusterId: string;
  readonly version: string;
  readonly raftTerm: number;
  readonly raftIndex: number;
  /** Hex; null while there is no leader. */
  readonly leaderId: string | null;
  readonly isLearner: boolean;
  /** Key-value revision as this member has applied it. */
  readonly revision: number;
  readonly dbSizeBytes: number;
  /** The rest is free pages, which a defragmentation gives back. */
  readonly dbSizeInUseBytes: number;
  /** From a linearizable member list; null when none could be had (no quorum). */
  readonly members: readonly EtcdMember[] | null;
  /** Alarms raised anywhere in the cluster. */
  readonly alarms: readonly EtcdAlarm[];
}

export interface EtcdAlarm {
  /** Whose; hex. */
  readonly memberId: string;
  readonly alarm: "NOSPACE" | "CORRUPT";
}

export interface AgentStatus {
  /** Of the agent's software; agents up to 0.1.0 do not tell it. */
  readonly release?: string | undefined;
  /** Versions of this contract that it answers (model/release.ts); untold: 1 alone. */
  readonly apiVersions?: readonly number[] | undefined;
  readonly slot: number;
  readonly taskId: string;
  /** Changes whenever the agent process is a new one. */
  readonly instanceId: string;
  /** Grows with each change within one instance. */
  readonly sequence: number;
  /** While it awaits its start command, etcd may run by {@link StandingResume}. */
  readonly phase: "awaiting-start" | "running" | "stopping";
  /** Of the order in force; null before the first. */
  readonly commandId: string | null;
  readonly data: EtcdData;
  /** The snapshot that was handed over for a `restore`, and verified. */
  readonly snapshot: SnapshotRef | null;
  readonly units: Readonly<Record<UnitName, UnitStatus>>;
  /** null while the local etcd does not answer. */
  readonly etcd: EtcdHealth | null;
  /** The hosts table that `/etc/hosts` now shows; null before the first. */
  readonly hosts: HostsTable | null;
  /** Slots whose SSH keys are in force on this node. */
  readonly sshKnownSlots: readonly number[];
  readonly storage: StorageStatus;
  /**
   * When the certificate ends that its etcd proves itself with, in milliseconds since the epoch; null
   * before the first command and without TLS. Agents of early 0.1.0 do not tell it.
   */
  readonly certificateNotAfter?: number | null | undefined;
  /** Null: not known. Agents of early 0.1.0 do not tell it. */
  readonly memory?: NodeMemory | null | undefined;
  readonly disk?: NodeDisk | null | undefined;
  /** All of the cluster; null: its node does not lead, or they are JupyterLab's own. Untold up to 0.1.0. */
  readonly kernels?: readonly KernelView[] | null | undefined;
  /** The latest elections as its etcd logged them, newest last; bounded. */
  readonly elections: readonly ElectionRecord[];
  /** Why something in the container does not work; empty when all does. */
  readonly problems: readonly string[];
}
