/**
 * What the local etcd says of itself, kept fresh: its log tells at once that something changed, a
 * slow poll makes sure that nothing was missed.
 */
import type { EtcdHealth, EtcdMember } from "../../../controller/model/agent-api.ts";
import type { EtcdClient, MemberHealth } from "../ports/etcd-client.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { ProbeAnswer } from "../ports/processes.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import { probeAnswerOf } from "./health.ts";
import type { EtcdLogEvent } from "./log-line.ts";

/**
 * When all is well. The log tells what changes, and the keep-alive of the registration finds out
 * sooner than this that etcd hangs ({@link HealthMonitor.doubt}).
 */
const POLL_MS = 5_000;
/** While something is on its way: no answer yet, no leader, or a status older than the log. */
const POLL_MS_FAST = 50;
/** A status that the log has overtaken is asked for again after this. */
const RECHECK_MS = 10;
const MEMBERS_MS_MAX = 500;
/** A member list is asked for again after this even when the log tells of no change. */
const MEMBERS_AGE_MS_MAX = 4_500;
/** Answers missed in a row before a member that answered counts as silent. */
const MISSES_MAX = 2;
/** Statuses in a row that may contradict the log before the status is believed. */
const RECHECKS_MAX = 20;

export interface HealthMonitorOptions extends Pick<AgentPorts, "clock" | "log" | "connectEtcd"> {
  /** Puts the question to etcd's process; whether it was answered in time, and as it should be. */
  readonly ask: (question: (timeoutMs: number) => Promise<ProbeAnswer>) => Promise<boolean>;
  /** On each answer; null when the local etcd does not answer. */
  readonly onHealth: (health: EtcdHealth | null) => void;
}

export class HealthMonitor {
  private readonly task: RepeatingTask;
  private client: EtcdClient | null = null;
  private active = false;
  private health: EtcdHealth | null = null;
  private members: { readonly list: readonly EtcdMember[]; readonly at: number } | null = null;
  private membersAsked = true;
  private misses = 0;
  private busy = false;
  private rechecks = 0;
  private logged: { readonly leaderId: string | null; readonly term: number } | null = null;

  constructor(private readonly options: HealthMonitorOptions) {
    const { clock, log } = options;
    this.task = new RepeatingTask({ name: "etcd-health", clock, log, run: () => this.run() });
    this.task.start();
  }

  /** etcd was started: what was known of an earlier process is void. */
  restarted(): void {
    this.active = true;
    this.logged = null;
    this.membersAsked = true;
    this.publish(null);
    this.task.wake();
  }

  /** etcd ended. */
  ended(): void {
    this.active = false;
    this.publish(null);
  }

  /** Somebody else got no answer from etcd: ask now. */
  doubt(): void {
    this.membersAsked = true;
    this.task.wake();
  }

  /** @param busy no answer, and no member list, is no sign of anything */
  setBusy(busy: boolean): void {
    this.busy = busy;
    this.misses = 0;
    if (!busy) this.doubt();
  }

  onLog(event: EtcdLogEvent): void {
    switch (event.type) {
      case "leader-elected":
        this.leaderLogged(event.leaderId, event.term);
        break;
      case "leader-lost":
        this.leaderLogged(null, event.term);
        break;
      case "members-changed":
        this.membersAsked = true;
        this.task.wake();
        break;
      case "serving":
        this.task.wake();
        break;
      default:
        break;
    }
  }

  async stop(): Promise<void> {
    this.active = false;
    this.client?.close();
    await this.task.stop();
  }

  /** The log is ahead of the status by a round trip: the new leader is told at once. */
  private leaderLogged(leaderId: string | null, raftTerm: number): void {
    this.logged = { leaderId, term: raftTerm };
    this.rechecks = 0;
    this.membersAsked = true;
    if (this.health !== null) {
      this.publish({ ...this.health, leaderId, raftTerm, members: null });
    }
    this.task.wake();
  }

  private async run(): Promise<number> {
    if (!this.active) return POLL_MS;
    const client = (this.client ??= await this.options.connectEtcd());
    const answer = await this.status(client);
    if (!this.active) return POLL_MS;
    // No answer is an answer: it has not begun to serve, it is stuck, or it has ended.
    if (answer === null) return this.missed();
    this.misses = 0;
    if (this.isOlderThanLog(answer)) return RECHECK_MS;
    const mayKeep = answer.leaderId !== null && answer.leaderId === this.health?.leaderId;
    this.publish({ ...answer, members: mayKeep ? (this.health?.members ?? null) : null });
    return this.refreshMembers(client, answer);
  }

  private async status(client: EtcdClient): Promise<MemberHealth | null> {
    let health: MemberHealth | null = null;
    const inTime = await this.options.ask(async (timeoutMs) => {
      try {
        health = await client.status(timeoutMs);
        return "ready";
      } catch (error) {
        return probeAnswerOf(error);
      }
    });
    return inTime ? health : null;
  }

  private missed(): number {
    if (this.busy) return POLL_MS_FAST;
    this.misses += 1;
    if (this.misses >= MISSES_MAX && this.health !== null) this.publish(null);
    return POLL_MS_FAST;
  }

  private isOlderThanLog(answer: MemberHealth): boolean {
    if (this.logged === null || this.rechecks >= RECHECKS_MAX) return false;
    const { leaderId, term } = this.logged;
    const older =
      answer.raftTerm < term || (answer.raftTerm === term && answer.leaderId !== leaderId);
    this.rechecks = older ? this.rechecks + 1 : 0;
    return older;
  }

  /** Linearizable, so that a list is also the proof of a quorum. A learner can have none. */
  private async refreshMembers(client: EtcdClient, answer: MemberHealth): Promise<number> {
    if (answer.leaderId === null) return POLL_MS_FAST;
    if (answer.isLearner) return POLL_MS_FAST * 4;
    const { clock } = this.options;
    const fresh = this.members !== null && clock.now() - this.members.at < MEMBERS_AGE_MS_MAX;
    if (fresh && !this.membersAsked && this.health?.members) return POLL_MS;
    this.membersAsked = false;
    try {
      const list = await client.members(MEMBERS_MS_MAX);
      this.members = { list, at: clock.now() };
    } catch {
      // Without a quorum there is no list, and that is what null says.
      if (!this.busy) this.members = null;
    }
    if (!this.active || this.health === null) return POLL_MS_FAST;
    if (this.health.leaderId === null) return POLL_MS_FAST;
    this.publish({ ...this.health, members: this.members?.list ?? null });
    return this.members === null ? POLL_MS_FAST : POLL_MS;
  }

  private publish(health: EtcdHealth | null): void {
    this.health = health;
    this.options.onHealth(health);
  }
}
