/** What the controller must not forget about one cluster: durable before any effect rests on it. */
import type { EtcdStart, UnitName } from "./agent-api.ts";
import { type ClusterKey, clusterOfTask, type OwnerUid } from "./ids.ts";
import type { ConditionChange } from "./condition-change.ts";
import type { Election } from "./election.ts";
import type { SpecGeneration } from "./generation.ts";
import type { HostTask, Repair } from "./host-task.ts";
import type { RememberedKernel } from "./kernels.ts";
import type { Operation } from "./operation.ts";
import type { Rebalance } from "./rebalance.ts";
import type { RecoveryMemory } from "./recovery-memory.ts";
import type { Resumed } from "./held-conditions.ts";
import type { ClusterEvent, Condition, LastError, LastOperation } from "./resource.ts";
import type { Attribute } from "../mesos/wire.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";

export interface ClusterSecrets {
  /** Bearer token of the agents' API. */
  readonly agentToken: string;
  readonly jupyterToken: string;
  readonly cookieSecret: string;
  /**
   * Private key of the cluster's certificate authority (PEM, PKCS #8); null: of a cluster of early 0.1.0,
   * whose etcd has none.
   */
  readonly authorityKey: string | null;
}

/** The launch in a slot, from the durable intent until Mesos says that it ended. */
export interface SlotTask {
  readonly taskId: string;
  readonly agentId: string;
  readonly hostname: string;
  /** Of the Mesos agent at launch, for placement constraints. */
  readonly attributes: readonly Attribute[];
  /** Milliseconds since the epoch at which the intent was made. */
  readonly launchedAt: number;
  /** Fingerprint of everything in the spec that a running container cannot change. */
  readonly templateHash: string;
  /** Mesos has been asked to kill it; null: not. */
  readonly killRequestedAt: number | null;
  readonly killReason: string | null;
  /** When Mesos first said that the agent is cut off; null: it is not. */
  readonly unreachableSince: number | null;
  /** When its agent was last lost from sight while the task runs; null: it is in sight. */
  readonly agentUnreachableSince: number | null;
  /** Its launch has brought the order to resume along (model/standing-resume.ts). */
  readonly resumes: boolean;
  /** The start command for this task, decided once. */
  readonly startCommand: { readonly commandId: string; readonly etcd: EtcdStart } | null;
  /** When the node was first seen fully ready; null: not yet. */
  readonly readyAt: number | null;
  /** Since when its etcd ends again and again while the others are quorate; null: it does not. */
  readonly etcdFailingSince: number | null;
  /** How many processes of it were told to have ended because its memory was used up. */
  readonly oomKills: number;
  /** Its data's disk was told to be full, and not to have room again. */
  readonly diskFull: boolean;
  /** How often its agent was told to have mounted the shared storage. */
  readonly storageMounts: number;
  /** How often each of its units was told to have been killed because it did not answer. */
  readonly wedgedUnits: Readonly<Record<UnitName, number>>;
  /** Since when it leads, and its JupyterLab is stopped or refuses; null: not so. */
  readonly jupyterDeadSince: number | null;
  /** Since when it leads, and its agent says that the shared storage is not there; null: not so. */
  readonly storageDeadSince: number | null;
  /** It is to go, and stays while its kernels are busy; null: not so. */
  readonly kernelWait: KernelWait | null;
}

/** All times in milliseconds since the epoch. */
export interface KernelWait {
  readonly since: number;
  readonly why: "update" | "drain" | "rebalance" | "scaleIn";
  /** Its host goes down: it goes then, whatever the spec says; null: nothing else presses. */
  readonly notAfter: number | null;
}

export const NONE_WEDGED: SlotTask["wedgedUnits"] = { etcd: 0, sshd: 0, jupyter: 0 };

export interface SlotMemory {
  readonly slot: number;
  /** Launches so far; the number of the next task. */
  readonly launches: number;
  readonly task: SlotTask | null;
  /** Where its data volume is; null: nowhere yet, or on a host that an operator marked as gone. */
  readonly lastAgentId: string | null;
  /** That agent's host, which keeps its name when its agent comes back under another id. */
  readonly lastHostname: string | null;
  /** When the latest task ended; null: none has, as far as is known. */
  readonly endedAt: number | null;
  /** Tasks that ended here, whatever the reason. */
  readonly restarts: number;
  /** Failures in a row without a ready node between. */
  readonly failures: number;
  /** Nothing is launched here before this moment. */
  readonly notBefore: number;
  readonly lastFailure: string | null;
  /** Where that was. */
  readonly lastFailureHostname: string | null;
  /**
   * Its etcd member as a quorum last told it; null: none. A slot that has one still counts towards
   * the quorum, so it is launched again if need be even when the spec no longer wants it.
   */
  readonly memberId: string | null;
  /**
   * The member id with which an earlier task was told to join, or to be one of the first. Its data
   * may be gone, and an old identity must not start on an empty directory: it is never used again.
   */
  readonly retiredMemberId: string | null;
  /** Whether `memberId` is a learner's, which has no vote. */
  readonly isLearner: boolean;
  /** A container of an earlier task may run on and hold the slot's address; null: none does. */
  readonly orphan: Orphan | null;
  /** What the last launch failed on and a command on its host may mend; null: nothing. */
  readonly repair: Repair | null;
}

export interface Orphan {
  /** Milliseconds since the epoch at which it was suspected. */
  readonly since: number;
  /**
   * Where it runs its etcd: there its address keeps a second one from starting, and nowhere else. Null: it was
   * never told to start etcd.
   */
  readonly place: { readonly agentId: string; readonly hostname: string } | null;
  /** `searched`: its agent was asked for, and has ended or does not answer, which may be the network's fault. */
  readonly state: "suspected" | "asked" | "searched";
}

export type BootstrapMemory =
  /** The commands may have gone out; the same commands, and no others, may go out again. */
  | { readonly phase: "started"; readonly slots: readonly number[]; readonly token: string }
  /** For good: no second bootstrap, whatever is observed. */
  | { readonly phase: "done"; readonly clusterId: string };

/** Cluster id of the one etcd cluster that this may be; null before it is formed. */
export function clusterIdOf({ bootstrap }: Pick<ClusterMemory, "bootstrap">): string | null {
  return bootstrap?.phase === "done" ? bootstrap.clusterId : null;
}

/**
 * Grows whenever etcd begins anew, by a recovery or because its first members had forgotten each other:
 * raft's terms begin anew with it, and only those of one beginning can be compared.
 */
export function beginningOf({ recovery }: Pick<ClusterMemory, "recovery">): number {
  return recovery.epoch + recovery.abandoned.length;
}

export interface ClusterMemory {
  readonly uid: string;
  readonly createdAt: number;
  readonly generation: number;
  /** The latest that were in force, the present one last; bounded. */
  readonly generations: readonly SpecGeneration[];
  /** The last good document of the spec file. */
  readonly cluster: CompiledCluster;
  /** What is wrong with the file now; empty: nothing. */
  readonly problems: readonly Problem[];
  /** The file is gone (deletionPolicy decides what follows). */
  readonly fileRemoved: boolean;
  readonly secrets: ClusterSecrets;
  /** Whose volumes and networks are this cluster's as well, because a person said so. */
  readonly adopted: readonly OwnerUid[];
  readonly bootstrap: BootstrapMemory | null;
  readonly recovery: RecoveryMemory;
  /** When etcd's history was last compacted by us; milliseconds since the epoch. */
  readonly compactedAt: number | null;
  /** When leadership last moved away from a JupyterLab that did not answer; null: never. */
  readonly leftJupyterAt: number | null;
  /** When it last moved away from a node without its shared storage; null: never. */
  readonly leftStorageAt: number | null;
  /** The latest that a person has asked for, under way or over; null: nobody has. */
  readonly rebalance: Rebalance | null;
  /** Newest last; bounded. */
  readonly operations: readonly Operation[];
  /** Milliseconds since the epoch; null: the cluster is still being created. */
  readonly firstReadyAt: number | null;
  readonly slots: readonly SlotMemory[];
  /** Commands on hosts so far; the number of the next one's task. */
  readonly hostTasks: number;
  /** The one that was launched and has not ended; null: none. */
  readonly hostTask: HostTask | null;
  /** Null: nothing keeps a slot from being launched. */
  readonly launchBlock: LaunchBlock | null;
  readonly conditions: readonly Condition[];
  /** The latest, newest last; bounded. */
  readonly conditionChanges: readonly ConditionChange[];
  /** Sequence of the latest change that a webhook is done with; null: none was ever to be told. */
  readonly notified: number | null;
  /** Since when they hold, as long as this controller has not seen all for itself; null: it has. */
  readonly resumed: Resumed | null;
  /** Newest last; bounded. */
  readonly events: readonly ClusterEvent[];
  readonly lastErrors: readonly LastError[];
  readonly lastOperation: LastOperation | null;
  readonly elections: readonly Election[];
  /** Without what changes with every cell; null: of none has anybody told. */
  readonly kernels: readonly RememberedKernel[] | null;
}

/** Why slots that are to run are not launched. */
export interface LaunchBlock {
  /** What kind of obstacle it is, the same while only its numbers and hosts change. */
  readonly kinds: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** People were told. */
  readonly told: boolean;
}

/** The launches that a cluster waits for: its slots', and a command's on a host. */
export function launchesOf({
  slots,
  hostTask,
}: Pick<ClusterMemory, "slots" | "hostTask">): readonly (SlotTask | HostTask)[] {
  const tasks = slots.flatMap(({ task }) => (task === null ? [] : [task]));
  return hostTask === null ? tasks : [...tasks, hostTask];
}

/** Of the cluster that has this task now; undefined: there is none. */
export function memoryOfTask(
  taskId: string,
  memories: ReadonlyMap<ClusterKey, ClusterMemory>,
): ClusterMemory | undefined {
  const key = clusterOfTask(taskId);
  const memory = key === null ? undefined : memories.get(key);
  if (memory === undefined) return undefined;
  const isTheirs = (task: SlotTask | HostTask | null) => task?.taskId === taskId;
  return isTheirs(memory.hostTask) || memory.slots.some((s) => isTheirs(s.task))
    ? memory
    : undefined;
}
