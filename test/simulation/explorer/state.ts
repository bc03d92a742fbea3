/**
 * The explorer's world as plain data: one cluster on some hosts, without network, promises or
 * seconds that nobody waits for. A state is never changed, so that thousands of them share their
 * parts.
 */
import type { AgentStatus, EtcdMember } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { DesiredSlots, HostsTable } from "../../../controller/model/naming.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import type { TaskState } from "../../../controller/mesos/wire.ts";

/** What lies at the end of a raft log. */
export interface LogEnd {
  readonly term: number;
  readonly index: number;
}

export interface Container {
  readonly taskId: string;
  readonly slot: number;
  readonly ip: string;
  readonly host: string;
  readonly stage: "staging" | "running";
  /** It was told to end, and has not yet: until then all in it goes on. */
  readonly stopping: boolean;
  /** Of the command in force; null: it waits for one. */
  readonly commandId: string | null;
  readonly etcd: "none" | "up" | "exited";
  /** Whom its etcd takes for the leader; hex. */
  readonly leaderId: string | null;
  readonly term: number;
  /** The membership as its etcd was last told of it; null: no quorum could be asked. */
  readonly members: readonly EtcdMember[] | null;
  /** What its agent says of the log: as it was when the agent last read it. */
  readonly logRead: LogEnd;
  /** Of the snapshot that was handed over. */
  readonly snapshot: AgentStatus["snapshot"];
  /** Its shared storage answers. */
  readonly well: boolean;
  /** `live`: each change is heard at once; `late`: not for some seconds; `silent`: not at all. */
  readonly news: "live" | "late" | "silent";
}

/** A slot's data directory on a host. */
export interface Volume {
  readonly clusterId: string;
  readonly memberId: string;
  /** The history that it belongs to: one begins wherever a cluster does, however it is called. */
  readonly history: string;
  readonly end: LogEnd;
  /** Of the command that forced it to go on alone. */
  readonly forcedBy: string | null;
}

export interface Change {
  readonly members: readonly EtcdMember[];
  readonly leader: string;
}

/** One history of etcd. Raft is reduced to what it guarantees. */
export interface History {
  readonly history: string;
  readonly clusterId: string;
  readonly members: readonly EtcdMember[];
  readonly term: number;
  readonly leader: string | null;
  /** Up to here it is committed, and may have been acknowledged. */
  readonly committed: LogEnd;
  /** Learners that were ever added: their ids are counted from it. */
  readonly added: number;
  /** Asked of a leader that had no quorum: in its log, and nobody can tell. */
  readonly pending: Change | null;
  readonly desired: DesiredSlots | null;
  readonly hosts: HostsTable | null;
}

/** What the controller last heard from an agent that it does not hear now, or hears late. */
export interface Heard {
  readonly fresh: boolean;
  readonly status: AgentStatus;
}

export interface State {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly memory: ClusterMemory;
  readonly mesos: "heard" | "away" | "unreconciled";
  /** What Mesos has told of each task. */
  readonly told: Readonly<Record<string, TaskState>>;
  /** Tasks that ended, and on which host: told as soon as that host can say so. */
  readonly ended: Readonly<Record<string, { readonly state: TaskState; readonly host: string }>>;
  readonly hosts: Readonly<Record<string, "up" | "cut" | "down">>;
  readonly containers: readonly Container[];
  /** `host slot` -> what lies there. */
  readonly volumes: Readonly<Record<string, Volume>>;
  readonly heard: Readonly<Record<string, Heard>>;
  /** In the order in which they began. */
  readonly histories: readonly History[];
  /** Member ids under which an etcd has begun on an empty directory. */
  readonly taken: readonly string[];
  readonly snapshots: readonly SnapshotInfo[];
  /** A person asked for the next new beginning. */
  readonly asked: boolean;
  /** Faults so far, and effects that happened before others that were due. */
  readonly surprises: number;
  /** Of the scope's edits, done. */
  readonly edits: number;
}

export function volumeKey({ host, slot }: Pick<Container, "host" | "slot">): string {
  return `${host} ${slot}`;
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

export function isNewer(a: LogEnd, b: LogEnd): boolean {
  return a.term > b.term || (a.term === b.term && a.index > b.index);
}
