/**
 * The etcd of the fake world: members, quorum and terms at once, without messages or time. It knows
 * every membership that was ever given up, and calls it a disaster when one comes back to life.
 */
import type { EtcdData, EtcdHealth, EtcdMember } from "../../../controller/model/agent-api.ts";
import { memberNameOf, peerUrl, slotAddress } from "../../../controller/model/ids.ts";
import { bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { PLAIN } from "../etcd/transport.ts";

export interface Volume {
  readonly clusterId: string;
  readonly memberId: string;
  /** Index up to which this member's log goes. */
  index: number;
  corrupt?: boolean;
  forcedBy?: string;
}

interface Membership {
  readonly clusterId: string;
  readonly voters: readonly string[];
}

export class FakeEtcd {
  readonly volumes = new Map<number, Volume>();
  /** Disasters, as sentences. */
  readonly violations: string[] = [];
  /** Every cluster id that ever was, in order. */
  readonly clusterIds: string[] = [];
  members: EtcdMember[] = [];
  leaderSlot: number | null = null;
  term = 0;
  index = 0;
  private readonly given: Membership[] = [];
  private nextMember = 1;

  /** @param running slots whose etcd has been told to run */
  constructor(
    private readonly firstAddress: string,
    private readonly running: () => readonly number[],
  ) {}

  bootstrap(slot: number): void {
    if (this.volumes.has(slot)) this.violations.push(`slot ${slot} was bootstrapped over data`);
    if (this.index > 0 && this.leaderSlot !== null && this.term > 1) {
      this.violations.push(`slot ${slot} was bootstrapped into a cluster that has run`);
    }
    if (this.clusterIds.length === 0) this.clusterIds.push("c1");
    const id = this.newId();
    this.volumes.set(slot, { clusterId: this.clusterId, memberId: id, index: 0 });
    this.members = [...this.members, this.member(slot, id)];
  }

  join(slot: number, memberId: string): void {
    this.volumes.set(slot, { clusterId: this.clusterId, memberId, index: 0 });
  }

  /** The one survivor goes on; the same order does it once, whatever container it reaches. */
  force(slot: number, commandId: string): void {
    const volume = this.volumes.get(slot);
    if (volume === undefined) throw new Error(`slot ${slot} has no data to go on with`);
    if (volume.forcedBy === commandId) return;
    volume.forcedBy = commandId;
    this.giveUp();
    this.members = [this.member(slot, volume.memberId)];
  }

  restore(slot: number, clusterId: string, token: string): void {
    if (this.volumes.get(slot)?.clusterId === clusterId) return;
    this.giveUp();
    this.clusterIds.push(clusterId);
    const memberId = bootstrapMemberId(peerUrl(slotAddress(this.firstAddress, slot), PLAIN), token);
    this.volumes.set(slot, { clusterId, memberId, index: this.index });
    this.members = [this.member(slot, memberId)];
  }

  addLearner(slot: number, url: string): void {
    if (this.members.some((m) => m.peerUrls.includes(url))) return;
    if (this.members.some((m) => m.isLearner)) {
      this.violations.push(`slot ${slot} was added as a second learner`);
    }
    const id = this.newId();
    this.members = [...this.members, { id, name: "", peerUrls: [url], isLearner: true }];
  }

  promote(memberId: string): void {
    this.members = this.members.map((m) => (m.id === memberId ? { ...m, isLearner: false } : m));
  }

  remove(memberId: string): void {
    if (!this.members.some((m) => m.id === memberId)) return;
    this.members = this.members.filter((m) => m.id !== memberId);
    if (this.serving().length < this.quorum()) {
      this.violations.push(`removing ${memberId} gave up the quorum`);
    }
  }

  /** Members that have started are named; one is elected; what is written reaches all who serve. */
  settle(): void {
    for (const slot of this.running()) {
      const memberId = this.volumes.get(slot)?.memberId;
      const name = memberNameOf(slot);
      this.members = this.members.map((m) => (m.id === memberId ? { ...m, name } : m));
    }
    this.elect();
    this.index += 1;
    for (const slot of this.leaderSlot === null ? [] : this.serving()) {
      const volume = this.volumes.get(slot);
      if (volume) volume.index = this.index;
    }
    for (const { clusterId, voters } of this.given) {
      const alive = this.running().filter((slot) => {
        const volume = this.volumes.get(slot);
        return volume?.clusterId === clusterId && voters.includes(volume.memberId);
      });
      const again = alive.length >= Math.floor(voters.length / 2) + 1;
      if (again) this.violations.push(`a membership that was given up has a quorum again`);
    }
  }

  elect(): void {
    const voters = this.serving();
    if (voters.length === 0 || voters.length < this.quorum()) {
      this.leaderSlot = null;
      return;
    }
    if (this.leaderSlot !== null && voters.includes(this.leaderSlot)) return;
    this.term += 1;
    this.leaderSlot = voters[this.term % voters.length] ?? null;
  }

  isMember(slot: number): boolean {
    return this.members.some((m) => m.id === this.volumes.get(slot)?.memberId);
  }

  dataOf(slot: number): EtcdData {
    const volume = this.volumes.get(slot);
    if (volume === undefined) return { state: "empty" };
    if (volume.corrupt) return { state: "corrupt", reason: "crc mismatch" };
    const { clusterId, memberId, index: raftIndex } = volume;
    return { state: "present", memberId, clusterId, raftIndex, raftTerm: 1 };
  }

  healthOf(slot: number): EtcdHealth | null {
    const volume = this.volumes.get(slot);
    const member = this.members.find((m) => m.id === volume?.memberId);
    if (volume === undefined || member === undefined || volume.corrupt) return null;
    const leader = this.leaderSlot === null ? undefined : this.volumes.get(this.leaderSlot);
    return {
      memberId: volume.memberId,
      clusterId: volume.clusterId,
      version: "3.5.16",
      raftTerm: this.term,
      raftIndex: volume.index,
      leaderId: leader?.memberId ?? null,
      isLearner: member.isLearner,
      revision: 1,
      dbSizeBytes: 20_480,
      dbSizeInUseBytes: 20_480,
      members: this.leaderSlot === null ? null : this.members,
      alarms: [],
    };
  }

  private get clusterId(): string {
    return this.clusterIds.at(-1) ?? "c1";
  }

  private newId(): string {
    return `${this.nextMember++}`;
  }

  /** The present membership loses every one that has a vote but the one that goes on. */
  private giveUp(): void {
    const voters = this.members.filter((m) => !m.isLearner).map((m) => m.id);
    this.given.push({ clusterId: this.clusterId, voters });
    if (this.serving().length >= this.quorum()) {
      this.violations.push("a cluster with a quorum was given up");
    }
  }

  private member(slot: number, id: string): EtcdMember {
    const peerUrls = [peerUrl(slotAddress(this.firstAddress, slot), PLAIN)];
    return { id, name: memberNameOf(slot), peerUrls, isLearner: false };
  }

  /** Voters whose etcd runs. */
  private serving(): number[] {
    return this.running().filter((slot) => {
      const volume = this.volumes.get(slot);
      const member = this.members.find((m) => m.id === volume?.memberId);
      return member !== undefined && !member.isLearner && !volume?.corrupt;
    });
  }

  private quorum(): number {
    return Math.floor(this.members.filter((m) => !m.isLearner).length / 2) + 1;
  }
}
