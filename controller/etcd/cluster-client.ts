/** The controller's client of one cluster's etcd: members, leadership, and single keys. */
import { AlarmAction, AlarmType } from "etcd3";
import type { EtcdAlarm, EtcdMember } from "../model/agent-api.ts";
import { messageOf } from "../model/errors.ts";
import { decimalId, hexId } from "../model/ids.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { TlsIdentity } from "../model/tls-identity.ts";
import {
  callAny,
  callOne,
  type CallRules,
  type Endpoints,
  type MemberCall,
} from "./endpoint-calls.ts";
import { etcdMessage, isEtcdError, kindOf, unavailable } from "./etcd-errors.ts";
import { FencedPut } from "./fenced-put.ts";
import type { ConnectMember, MemberRpc } from "./member-client.ts";

const ALARMS = { NOSPACE: AlarmType.Nospace, CORRUPT: AlarmType.Corrupt } as const;
export interface EtcdClientOptions {
  readonly connect: ConnectMember;
  readonly identity: TlsIdentity | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds for the leader to hand over; it waits one election timeout at most. */
const MOVE_LEADER_MS = 2_000;

/**
 * Every call is bounded (about 2 s), goes to the endpoints in their order until one answers, and
 * fails with OperationError ERR_ETCD_UNAVAILABLE or ERR_ETCD_NOT_READY and etcd's own message.
 */
export class EtcdClusterClient {
  private readonly clients = new Map<string, MemberRpc>();
  private urls: readonly string[] = [];
  private readonly endpoints: Endpoints;
  private readonly puts = new FencedPut((call) => this.call("put", call));
  private closed = false;

  constructor(private readonly options: EtcdClientOptions) {
    const urls = () => this.urls;
    const client = (url: string) => this.clients.get(url);
    this.endpoints = { clock: options.clock, urls, client };
  }

  /**
   * @param urls client URLs (`https://ip:2379`) of members whose tasks run, best first: the leader,
   *   if it is known. Connections to others are closed.
   */
  setEndpoints(urls: readonly string[]): void {
    if (this.closed) return;
    this.urls = [...new Set(urls)];
    for (const [url, client] of this.clients) {
      if (this.urls.includes(url)) continue;
      this.clients.delete(url);
      this.closeClient(url, client);
    }
    for (const url of this.urls) {
      if (!this.clients.has(url))
        this.clients.set(url, this.options.connect(url, this.options.identity));
    }
  }

  /** Adds a learner, or finds the one that has this peer URL already. */
  async addLearner(peerUrl: string): Promise<{ memberId: string }> {
    const operation = `AddLearner ${peerUrl}`;
    const request = { isLearner: true, peerURLs: [peerUrl] };
    try {
      const added = await this.call(
        operation,
        (member, options) => member.cluster.memberAdd(request, options),
        // Removed and added again within the second in which it was first added, the member would
        // get the removed id: etcd says "member not found" until the next second.
        { passed: "peer-url-exists", transient: "member-not-found" },
      );
      return { memberId: hexId(added.member.ID) };
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      const member = (await this.memberList()).find((m) => m.peerUrls.includes(peerUrl));
      if (member === undefined) {
        throw unavailable(operation, `etcd refused: ${etcdMessage(error)}`, error);
      }
      if (member.isLearner) return { memberId: member.id };
      const taken = `member ${member.id} is a voter with this peer URL; remove it first`;
      throw unavailable(operation, taken, error);
    }
  }

  /** A member that is not there is removed. */
  async removeMember(memberId: string): Promise<void> {
    const request = { ID: decimalId(memberId) };
    await this.callTolerating("member-not-found", `RemoveMember ${memberId}`, (member, options) =>
      member.cluster.memberRemove(request, options),
    );
  }

  /**
   * A voter is promoted.
   *
   * @throws OperationError ERR_ETCD_NOT_READY while the learner has not caught up
   */
  async promoteMember(memberId: string): Promise<void> {
    const request = { ID: decimalId(memberId) };
    await this.callTolerating("not-a-learner", `PromoteMember ${memberId}`, (member, options) =>
      member.cluster.memberPromote(request, options),
    );
  }

  /**
   * Only the leader can hand its leadership over, so only it is asked, once.
   *
   * @param leaderUrl client URL of the present leader
   */
  async moveLeader(leaderUrl: string, toMemberId: string): Promise<void> {
    const operation = `MoveLeader to ${toMemberId}`;
    const client = this.clients.get(leaderUrl);
    if (client === undefined) throw unavailable(operation, `${leaderUrl} is not in sight`);
    const target = decimalId(toMemberId);
    try {
      await callOne(client, this.options.clock, MOVE_LEADER_MS, (member, options) =>
        member.maintenance.moveLeader({ targetID: target }, options),
      );
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      // Asked a second time, after the first was carried out.
      if (kindOf(error) === "not-the-leader" && (await this.leads(client, target))) return;
      throw unavailable(operation, etcdMessage(error), error);
    }
  }

  /**
   * Removes what is older than the revision from the history. No key is lost; one that is older
   * stays as it is. What has been compacted already is compacted.
   */
  async compact(revision: number): Promise<void> {
    await this.callTolerating("compacted", `Compact ${revision}`, (member, options) =>
      member.kv.compact({ revision }, options),
    );
  }

  /** One that is not raised is disarmed. etcd raises it again when the reason is still there. */
  async disarmAlarm(memberId: string, alarm: EtcdAlarm["alarm"]): Promise<void> {
    const memberID = decimalId(memberId);
    const request = { action: AlarmAction.Deactivate, memberID, alarm: ALARMS[alarm] };
    await this.call(`DisarmAlarm ${alarm} ${memberId}`, (member, options) =>
      member.maintenance.alarm(request, options),
    );
  }

  /**
   * Whether etcd asks clients which user they are. Who logs in as nobody is told; unlike etcd's own
   * question for it, this writes nothing.
   */
  async isAuthEnabled(): Promise<boolean> {
    const nobody = { name: "jupyter-cluster:nobody", password: "" };
    try {
      await this.call(
        "AuthStatus",
        (member, options) => member.auth.authenticate(nobody, options),
        {
          passed: "not-authenticated",
        },
      );
      return true;
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      return !etcdMessage(error).includes("not enabled");
    }
  }

  /** With a certificate of etcd's user root. One that is off stays off. */
  async disableAuth(): Promise<void> {
    await this.call("DisableAuth", (member, options) => member.auth.authDisable(options));
  }

  /** As the quorum confirms it. */
  async memberList(): Promise<readonly EtcdMember[]> {
    const answer = await this.call("MemberList", (member, options) =>
      member.cluster.memberList({ linearizable: true }, options),
    );
    return answer.members.map((m) => ({
      id: hexId(m.ID),
      name: m.name,
      peerUrls: m.peerURLs,
      isLearner: m.isLearner,
    }));
  }

  /** Puts of one key must follow one another; an earlier one that is late never wins. */
  put(key: string, value: string): Promise<void> {
    return this.puts.put(key, value);
  }

  /** As the quorum confirms it; null when there is no such key. */
  async get(key: string): Promise<string | null> {
    const found = await this.call(`Get ${key}`, (member, options) =>
      member.kv.range({ key: Buffer.from(key) }, options),
    );
    return found.kvs[0]?.value.toString("utf8") ?? null;
  }

  /** Calls in flight fail; later ones find no endpoint. */
  close(): void {
    this.setEndpoints([]);
    this.closed = true;
  }

  private call<T>(operation: string, call: MemberCall<T>, rules?: CallRules): Promise<T> {
    return callAny(operation, this.endpoints, call, rules);
  }

  /** The refusal that says that it has been done already is a success. */
  private async callTolerating(
    done: "member-not-found" | "not-a-learner" | "compacted",
    operation: string,
    call: MemberCall<unknown>,
  ): Promise<void> {
    try {
      await this.call(operation, call, { passed: done });
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      this.options.log.debug({ operation, answer: etcdMessage(error) }, "etcd had done it already");
    }
  }

  private async leads(client: MemberRpc, memberIdDecimal: string): Promise<boolean> {
    try {
      const status = await callOne(client, this.options.clock, MOVE_LEADER_MS, (member, options) =>
        member.maintenance.status(options),
      );
      return status.leader === memberIdDecimal;
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      return false;
    }
  }

  private closeClient(url: string, client: MemberRpc): void {
    try {
      client.close();
    } catch (error) {
      // The connection is given up either way.
      this.options.log.warn({ url, error: messageOf(error) }, "etcd client did not close cleanly");
    }
  }
}
