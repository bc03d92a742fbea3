/** One member's data directory: what survives its process, and the ways in which it does not. */
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { bootDisk, Disk } from "../raft/disk.ts";
import { RaftLog } from "../raft/log.ts";
import { membersOf } from "../raft/configuration.ts";
import type { Entry, Snapshot } from "../raft/types.ts";
import { initialState } from "./store.ts";
import type { EtcdSnapshot, MemberInfo } from "./types.ts";

export interface Identity {
  readonly memberId: string;
  readonly clusterId: string;
  readonly token: string;
  /**
   * For the checks only: names an unbroken history. It changes when a survivor is forced to begin
   * anew. Null in a member that joins, until it has heard of it.
   */
  readonly history: string | null;
}

/** As inspection finds it. */
export type DataState =
  | { readonly state: "empty" }
  | { readonly state: "present"; readonly identity: Identity; readonly raftIndex: number }
  | { readonly state: "corrupt"; readonly reason: string };

export interface InitialCluster {
  readonly token: string;
  /** member name -> peer URL */
  readonly members: Readonly<Record<string, string>>;
}

export class EtcdData {
  private contents: { identity: Identity; readonly disk: Disk; begun: boolean } | null = null;
  private corruption: string | null = null;

  inspect(): DataState {
    if (this.corruption !== null) return { state: "corrupt", reason: this.corruption };
    if (this.contents === null) return { state: "empty" };
    const { identity, disk } = this.contents;
    return { state: "present", identity, raftIndex: disk.lastIndex };
  }

  /** Whose data it is; null when there is none. */
  get identity(): Identity | null {
    return this.contents?.identity ?? null;
  }

  /** Null when there is nothing, or nothing that can be read. */
  open(): { readonly identity: Identity; readonly disk: Disk } | null {
    return this.corruption === null ? this.contents : null;
  }

  /** A member that joins writes nothing before it has found the others. */
  get unwritten(): boolean {
    return this.contents !== null && this.contents.disk.empty && !this.contents.begun;
  }

  /** etcd has created its log, with nothing in it but who it is. */
  begin(): void {
    if (this.contents !== null) this.contents.begun = true;
  }

  /** There is a log. */
  get written(): boolean {
    return this.contents !== null && !this.unwritten;
  }

  /** The log says that it is committed so far. */
  commitTo(commit: number): void {
    if (this.contents === null) return;
    const { identity, disk, begun } = this.contents;
    const { hard, snapshot, log } = disk.read();
    const raised = Disk.holding({ hard: { ...hard, commit }, snapshot, log });
    this.contents = { identity, disk: raised, begun };
  }

  learnHistory(history: string): void {
    if (this.contents === null) return;
    this.contents.identity = { ...this.contents.identity, history };
  }

  wipe(): void {
    this.contents = null;
    this.corruption = null;
  }

  /** etcd will not start on it. */
  corrupt(reason = "walpb: crc mismatch"): void {
    if (this.contents !== null) this.corruption = reason;
  }

  /** A copy as of what is synced now, e.g. to bring back old data later. */
  copy(): EtcdData {
    const copy = new EtcdData();
    copy.corruption = this.corruption;
    if (this.contents !== null) {
      const { identity, disk } = this.contents;
      copy.contents = { identity, disk: Disk.holding(disk.read()), begun: true };
    }
    return copy;
  }

  /** The data of a new cluster's member, before its first start. */
  bootstrap(memberName: string, cluster: InitialCluster): void {
    this.create(memberName, cluster, null);
  }

  /** The keys of a snapshot under a new cluster id, as `etcdutl snapshot restore` makes it. */
  restore(memberName: string, cluster: InitialCluster, snapshot: EtcdSnapshot): void {
    this.create(memberName, cluster, snapshot);
  }

  /** The data of a member that was added: nothing yet but who it is. */
  join(identity: {
    readonly memberId: string;
    readonly clusterId: string;
    readonly token: string;
  }): void {
    this.wipe();
    this.contents = { identity: { ...identity, history: null }, disk: new Disk(), begun: false };
  }

  /**
   * Makes this the only member. What comes after the last commit index on disk is dropped, as etcd
   * 3.5 does.
   *
   * @param history names the history that begins here
   */
  forceNewCluster(history: string): void {
    if (this.contents === null) throw new Error("no data to begin anew with");
    const { identity, disk } = this.contents;
    const { hard, snapshot, log } = disk.read();
    const commit = Math.max(hard.commit, snapshot?.index ?? 0);
    const kept = logUpTo(log, commit);
    const others = idsEverIn(snapshot, kept).filter((id) => id !== identity.memberId);
    const removals = others.map((id, i): Entry => {
      const index = kept.lastIndex + 1 + i;
      return { index, term: hard.term, body: { kind: "configuration", change: removal(id) } };
    });
    kept.replaceFrom(removals);
    const newHard = { term: hard.term, vote: hard.vote, commit: kept.lastIndex };
    this.contents = {
      identity: { ...identity, history },
      disk: Disk.holding({ hard: newHard, snapshot, log: kept }),
      begun: true,
    };
  }

  private create(memberName: string, cluster: InitialCluster, snapshot: EtcdSnapshot | null): void {
    const { token } = cluster;
    const members = Object.entries(cluster.members).map(([name, peerUrl]): MemberInfo => {
      return { id: bootstrapMemberId(peerUrl, token), name, peerUrl, isLearner: false };
    });
    const self = members.find((m) => m.name === memberName);
    if (self === undefined) throw new Error(`${memberName} is not in its initial cluster`);
    const clusterId = bootstrapClusterId(cluster.members, token);
    const voters = members.map((m) => m.id).sort();
    this.wipe();
    this.contents = {
      identity: { memberId: self.id, clusterId, token, history: clusterId },
      disk: bootDisk({ voters, learners: [] }, initialState(members, snapshot)),
      begun: true,
    };
  }
}

function logUpTo(log: RaftLog, index: number): RaftLog {
  const kept = new RaftLog(log.offset, log.offsetTerm);
  kept.replaceFrom(log.from(log.offset + 1, Math.max(0, index - log.offset)));
  return kept;
}

function idsEverIn(snapshot: Snapshot | null, log: RaftLog): readonly string[] {
  const ids = new Set(snapshot === null ? [] : membersOf(snapshot.configuration));
  for (const { body } of log.from(log.offset + 1, Infinity)) {
    if (body.kind === "configuration") ids.add(body.change.id);
  }
  return [...ids];
}

function removal(id: string) {
  return { type: "remove", id } as const;
}
