/**
 * A quorum is never given up by our own doing, and a member that works is never thrown out. What
 * the controller could not know yet is not held against it: news take some seconds.
 */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";
import { liveMembers, majorityOf, type Quorum, quorumOf } from "./ground-truth.ts";

/** Silence of an agent is noticed after 3.2 s, and a reconcile may wait for several calls. */
export const NEWS_MS = 10_000;
export const SAMPLE_MS = 1_000;

interface State {
  quorum: Quorum | null;
  /** Since when there is one without a break; milliseconds since the epoch. */
  since: number;
  /** Member id -> when it last followed the leader. */
  readonly followedAt: Map<string, number>;
  /** Slot -> since when its agent answers and nothing is wrong with it. */
  readonly healthySince: Map<number, number>;
}

const FORCED = /suspended|deleted|restored, as it was asked for|no slot has this task/;

export class Quorums {
  private readonly states = new Map<string, State>();
  private readonly killed = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
  ) {}

  /** To be called every {@link SAMPLE_MS}. */
  sample(cluster: string): void {
    const now = this.world.now();
    const state = this.stateOf(cluster);
    const quorum = quorumOf(this.world, liveMembers(this.world, cluster));
    if (quorum === null || state.quorum === null) state.since = now;
    state.quorum = quorum;
    for (const { core } of quorum?.following ?? []) state.followedAt.set(core.id, now);
  }

  hasQuorum(cluster: string): boolean {
    return this.stateOf(cluster).quorum !== null;
  }

  onAction(action: Action, memory: ClusterMemory): void {
    const cluster = memory.cluster.metadata.name;
    if (action.type === "RemoveMember") {
      this.check(cluster, action.memberId, 1, `member ${action.memberId} is removed`);
      this.judgeRemoval(cluster, action, memory);
    } else if (action.type === "KillTask" && !this.killed.has(action.taskId)) {
      this.killed.add(action.taskId);
      if (FORCED.test(action.reason)) return;
      const memberId = this.memberOfTask(cluster, action.taskId);
      const { replicas, etcd } = memory.cluster.spec;
      // One or two members are updated with a short outage, on data that stays.
      if (replicas < 3 && etcd.dataVolume === "local" && /updated/.test(action.reason)) return;
      if (memberId === null) return;
      this.check(cluster, memberId, 0, `killed: ${action.reason}`);
      // Whoever was just killed is counted on by nobody, until it follows again.
      this.stateOf(cluster).followedAt.delete(memberId);
    }
  }

  private check(cluster: string, victim: string, fewerVoters: number, what: string): void {
    const state = this.stateOf(cluster);
    this.sample(cluster);
    const { quorum } = state;
    const now = this.world.now();
    if (quorum === null || now - state.since < NEWS_MS) return;
    const { voters } = quorum;
    if (!voters.includes(victim)) return;
    const believed = voters.filter((id) => now - (state.followedAt.get(id) ?? 0) <= NEWS_MS);
    const left = believed.filter((id) => id !== victim);
    if (left.length >= majorityOf(voters.length - fewerVoters)) return;
    const seen = `${believed.length} of ${voters.length} voters followed`;
    this.findings.add("quorum given up", `${cluster}: ${what}, while ${seen}`);
  }

  /** A member that follows the leader leaves only when its slot is no longer wanted, or the spare votes. */
  private judgeRemoval(
    cluster: string,
    { slot, memberId }: Extract<Action, { type: "RemoveMember" }>,
    memory: ClusterMemory,
  ): void {
    const { spec } = memory.cluster;
    if (slot !== null && slot >= slotCount(spec)) return;
    const { quorum } = this.stateOf(cluster);
    const isOneMore = (quorum?.voters.length ?? 0) > spec.replicas;
    if (slotCount(spec) > spec.replicas && isOneMore) return;
    const follows = this.stateOf(cluster).quorum?.following.find((m) => m.core.id === memberId);
    const old = follows !== undefined && this.world.now() - this.stateOf(cluster).since > NEWS_MS;
    if (old) this.findings.add("healthy member removed", `${cluster}: ${memberId} in slot ${slot}`);
  }

  private memberOfTask(cluster: string, taskId: string): string | null {
    const member = liveMembers(this.world, cluster).find(
      (m) => m.container.config.taskId === taskId,
    );
    return member?.core.id ?? null;
  }

  private stateOf(cluster: string): State {
    let state = this.states.get(cluster);
    if (state === undefined) {
      const now = this.world.now();
      state = { quorum: null, since: now, followedAt: new Map(), healthySince: new Map() };
      this.states.set(cluster, state);
    }
    return state;
  }
}
