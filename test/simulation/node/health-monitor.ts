/**
 * What the local etcd says of itself, as agent-image/agent/etcd/health-monitor.ts keeps it: at once
 * when its log tells of a change, and at a slow pace for the rest. The fast paces are slower here,
 * which only delays what the controller learns.
 */
import type { EtcdHealth, EtcdMember } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { EtcdServer } from "../etcd/server.ts";
import type { MemberInfo } from "../etcd/types.ts";
import { settledOn } from "./status-board.ts";

const LOOK_MS = 5;
const POLL_MS = 5_000;
const POLL_MS_FAST = 400;
const MEMBERS_MS_MAX = 500;
const VERSION = "3.5.16";

export class HealthMonitor {
  health: EtcdHealth | null = null;
  private members: readonly EtcdMember[] | null = null;
  private fingerprint = "";
  private cancel: (() => void) | null = null;
  private dueAt = Infinity;
  private asking = false;
  private asked = false;

  constructor(
    private readonly clock: Clock,
    private readonly server: () => EtcdServer | null,
    private readonly onHealth: (health: EtcdHealth | null) => void,
  ) {}

  /** Something happened in etcd; whether it is news shows here. */
  noticed(): void {
    const server = this.server();
    const core = server?.core;
    const members = server?.store.membersVersion ?? 0;
    const told = `${server?.ready ?? false} ${core?.term} ${core?.leader} ${core?.isLearner} ${members}`;
    if (told === this.fingerprint) return;
    this.fingerprint = told;
    this.asked = true;
    this.lookIn(LOOK_MS);
  }

  private lookIn(delayMs: number): void {
    const at = this.clock.now() + delayMs;
    if (this.cancel !== null && this.dueAt <= at) return;
    this.cancel?.();
    this.dueAt = at;
    this.cancel = this.clock.after(delayMs, () => {
      this.cancel = null;
      this.look();
    });
  }

  private look(): void {
    const server = this.server();
    const status = server?.status() ?? null;
    if (server === null || status === null) {
      this.members = null;
      this.publish(null);
      // Without a process there is nothing to look for until there is one.
      if (server !== null) this.lookIn(POLL_MS_FAST);
      return;
    }
    const { memberId, clusterId, raftTerm, raftIndex, leaderId, isLearner, revision } = status;
    if (leaderId === null || leaderId !== this.health?.leaderId) this.members = null;
    this.publish({
      memberId,
      clusterId,
      version: VERSION,
      raftTerm,
      raftIndex,
      leaderId,
      isLearner,
      revision,
      dbSizeBytes: status.dbSizeBytes,
      dbSizeInUseBytes: status.dbSizeBytes,
      members: this.members,
      alarms: status.alarms.map(() => ({ memberId, alarm: "NOSPACE" }) as const),
    });
    if (leaderId === null || isLearner) this.lookIn(POLL_MS_FAST);
    else this.refreshMembers(server);
  }

  /** Linearizable, so that a list is also the proof of a quorum. */
  private refreshMembers(server: EtcdServer): void {
    this.lookIn(POLL_MS);
    if (this.asking) return;
    this.asking = true;
    this.asked = false;
    server.request({ type: "member-list", linearizable: true }, MEMBERS_MS_MAX, (answer) => {
      this.asking = false;
      if (server !== this.server() || this.health === null) return;
      this.members = answer.ok ? settledOn(this.members, answer.members.map(memberOf)) : null;
      const known = this.health.leaderId === null ? null : this.members;
      this.publish({ ...this.health, members: known });
      if (this.asked || known === null) this.lookIn(POLL_MS_FAST);
    });
  }

  private publish(health: EtcdHealth | null): void {
    const settled = settledOn(this.health, health);
    if (settled === this.health) return;
    this.health = settled;
    this.onHealth(settled);
  }
}

function memberOf({ id, name, peerUrl, isLearner }: MemberInfo): EtcdMember {
  return { id, name, peerUrls: [peerUrl], isLearner };
}
