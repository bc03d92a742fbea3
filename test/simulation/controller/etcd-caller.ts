/**
 * The controller's calls of a cluster's etcd, by the rules of controller/etcd: one member after the
 * other, the leader first, each try with a deadline, and all within two seconds.
 */
import { type EtcdErrorKind, kindOf } from "../../../controller/etcd/etcd-errors.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { findLeader, type LeaderCandidate } from "../../../controller/model/leader.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { EtcdAnswer, EtcdRequest, EtcdSuccess } from "../etcd/types.ts";
import type { Station } from "../wire/station.ts";

const TOTAL_MS_MAX = 2_000;
const TRY_MS_FIRST = 350;
const TRY_MS_MAX = 1_000;
const ROUND_PAUSE_MS = 50;
const MOVE_LEADER_MS = 2_000;

export interface EtcdCallerOptions {
  readonly station: Station;
  readonly clock: Clock;
  readonly candidates: () => readonly LeaderCandidate[];
  readonly resolve: (ip: string) => string | undefined;
  readonly tamper: (request: EtcdRequest) => EtcdRequest;
}

interface Rules {
  /** A refusal of this kind says that it has been done already. */
  readonly done?: EtcdErrorKind;
  /** Goes away within a second. */
  readonly transient?: EtcdErrorKind;
}

type Outcome = EtcdSuccess | "done-already";

export class EtcdCaller {
  constructor(private readonly options: EtcdCallerOptions) {}

  async addLearner(peerUrl: string): Promise<void> {
    const request = { type: "member-add", peerUrl, isLearner: true } as const;
    const rules = { done: "peer-url-exists", transient: "member-not-found" } as const;
    const added = await this.call("AddLearner", request, rules);
    if (added !== "done-already") return;
    const list = await this.call("MemberList", { type: "member-list", linearizable: true }, {});
    const members = list === "done-already" ? [] : list.members;
    const member = members.find((m) => m.peerUrl === peerUrl);
    if (member?.isLearner !== true) throw unavailable("AddLearner", "a voter has this peer URL");
  }

  async promoteMember(id: string): Promise<void> {
    await this.call("PromoteMember", { type: "member-promote", id }, { done: "not-a-learner" });
  }

  async removeMember(id: string): Promise<void> {
    await this.call("RemoveMember", { type: "member-remove", id }, { done: "member-not-found" });
  }

  /** Only the leader can hand its leadership over, so only it is asked, once. */
  async moveLeader(fromIp: string, to: string): Promise<void> {
    const answer = await this.ask(fromIp, { type: "move-leader", to }, MOVE_LEADER_MS);
    if (answer === null) throw unavailable("MoveLeader", "no answer before the deadline");
    if (!answer.ok) throw unavailable("MoveLeader", answer.error);
  }

  /** A put that is late never wins over what was put after it. */
  async put(key: string, value: string): Promise<void> {
    const found = await this.call("Get", { type: "get", key }, {});
    const equals = found === "done-already" ? 0 : (found.kvs[0]?.modRevision ?? 0);
    const compare = [{ key, field: "modRevision", equals }] as const;
    const success = [{ type: "put", key, value }] as const;
    await this.call("Put", { type: "txn", compare, success, failure: [] }, {});
  }

  private async call(operation: string, request: EtcdRequest, rules: Rules): Promise<Outcome> {
    const { clock } = this.options;
    const end = clock.now() + TOTAL_MS_MAX;
    let last = "no etcd member is in sight";
    for (let round = 0; clock.now() < end; round += 1) {
      const tryMs = Math.min(TRY_MS_FIRST * 2 ** round, TRY_MS_MAX);
      for (const { ip } of this.endpoints()) {
        const remaining = end - clock.now();
        if (remaining <= 0) break;
        const answer = await this.ask(ip, request, Math.min(tryMs, remaining));
        if (answer?.ok === true) return answer;
        last = answer === null ? "no answer before the deadline" : answer.error;
        const kind = answer === null ? "try-another" : kindOf(new Error(last));
        if (kind === rules.done) return "done-already";
        if (kind === "try-another" || kind === rules.transient) continue;
        if (kind === "not-yet") {
          throw new OperationError(ERROR_CODES.ETCD_NOT_READY, operation, last);
        }
        throw unavailable(operation, last);
      }
      if (this.endpoints().length === 0) break;
      await this.pause(Math.max(0, Math.min(ROUND_PAUSE_MS, end - clock.now())));
    }
    throw unavailable(operation, last);
  }

  private endpoints(): readonly LeaderCandidate[] {
    const nodes = this.options.candidates().filter((n) => n.agent?.etcd != null);
    const leader = findLeader(nodes);
    const rank = (node: LeaderCandidate) =>
      node.slot === leader?.slot ? 0 : node.agent?.etcd?.isLearner ? 2 : 1;
    return nodes.toSorted((a, b) => rank(a) - rank(b));
  }

  private ask(ip: string, request: EtcdRequest, deadlineMs: number): Promise<EtcdAnswer | null> {
    const { station, clock, resolve, tamper } = this.options;
    const peer = resolve(ip);
    return new Promise((done) => {
      if (peer === undefined) clock.after(deadlineMs, () => done(null));
      else {
        station.ask(peer, "etcd", tamper(request), deadlineMs, (answer) => {
          done((answer as EtcdAnswer | undefined) ?? null);
        });
      }
    });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.after(ms, resolve));
  }
}

function unavailable(operation: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.ETCD_UNAVAILABLE, operation, message);
}
