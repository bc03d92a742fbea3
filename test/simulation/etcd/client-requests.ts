/** Requests of clients, each answered once: from the store, through the log, or with a refusal. */
import type { Clock } from "../../../controller/model/ports.ts";
import { bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import type { ConfigurationChange, EntryBody } from "../raft/types.ts";
import type { Lessor } from "./lessor.ts";
import type { Command, EtcdStore } from "./store.ts";
import { type Reply, Ticket } from "./ticket.ts";
import { ERRORS, type EtcdAnswer, type EtcdRequest, type MemberInfo } from "./types.ts";

/** A learner is in sync with this part of the leader's own log (etcd's readyPercent). */
const IN_SYNC = 0.9;

type ReadRequest = Extract<EtcdRequest, { type: "get" | "list" | "range" | "member-list" }>;

interface Pending {
  readonly body: EntryBody;
  readonly ticket: Ticket;
  /** It may be in some log; else it waits for a leader to take it. */
  proposed: boolean;
}

export interface RequestContext {
  readonly clock: Clock;
  readonly node: RaftNode;
  readonly store: EtcdStore;
  readonly lessor: Lessor;
  /** Of the cluster's first configuration; part of the ids of its later members. */
  readonly token: string;
  /** Names a lease; another each time. */
  readonly nextLease: () => string;
}

export class ClientRequests {
  /** By the command or change itself, which travels by reference. */
  private readonly pending = new Map<object, Pending>();
  private readonly reads = new Map<number, () => void>();
  /** Reads that wait for this member to apply what was committed when they were asked. */
  private readable: { readonly index: number; readonly answer: () => void }[] = [];
  private transfers: { readonly to: string; readonly ticket: Ticket }[] = [];
  private nextRead = 1;

  constructor(private readonly context: RequestContext) {}

  /** @param deadlineMs after which etcd itself says that the request timed out */
  take(request: EtcdRequest, deadlineMs: number, reply: Reply): void {
    const { clock, node } = this.context;
    const ticket = new Ticket(clock, deadlineMs, reply);
    const serializable = "serializable" in request && request.serializable === true;
    if (node.core.isLearner && !serializable) ticket.refuse(ERRORS.unsupportedForLearner);
    else if (isRead(request)) {
      const local = serializable || (request.type === "member-list" && !request.linearizable);
      this.read(local, () => ticket.answer(this.look(request)));
    } else this.carryOut(request, ticket);
  }

  /** Proposes a change that etcd itself wants, such as its name; nobody waits for it. */
  proposeOwn(command: Command): void {
    this.context.node.propose({ kind: "command", command });
  }

  /** @param key the command or change that was applied, here or anywhere */
  onApplied(key: object, answer: EtcdAnswer): void {
    this.pending.get(key)?.ticket.answer(answer);
    this.pending.delete(key);
    this.answerReadable();
  }

  onReadable(context: number, index: number): void {
    const answer = this.reads.get(context);
    if (answer === undefined) return;
    this.reads.delete(context);
    this.readable.push({ index, answer });
    this.answerReadable();
  }

  /** What waited for a leader, or was asked of the last one in vain, is asked of this one. */
  onLeader(leaderId: string): void {
    for (const [key, pending] of this.pending) {
      if (pending.ticket.closed) this.pending.delete(key);
      else if (!pending.proposed) this.propose(pending);
    }
    for (const context of this.reads.keys()) this.context.node.read(context);
    const done = this.transfers.filter((t) => t.to === leaderId);
    this.transfers = this.transfers.filter((t) => t.to !== leaderId && !t.ticket.closed);
    for (const { ticket } of done) ticket.answer(this.context.store.success({}));
  }

  private look(request: ReadRequest): EtcdAnswer {
    const { store } = this.context;
    if (request.type === "member-list") return store.success({ members: store.members });
    if (request.type === "range") {
      return store.success({ kvs: store.range(request.start, request.end) });
    }
    if (request.type === "list") return store.success({ kvs: store.list(request.prefix) });
    const kv = store.get(request.key);
    return store.success({ kvs: kv === undefined ? [] : [kv] });
  }

  private carryOut(request: Exclude<EtcdRequest, ReadRequest>, ticket: Ticket): void {
    switch (request.type) {
      case "put":
      case "delete":
        return this.write({ type: "txn", compare: [], success: [request], failure: [] }, ticket);
      case "txn":
        return this.write({ ...request }, ticket);
      case "lease-grant": {
        const { ttlSeconds } = request;
        return this.write(
          { type: "lease-grant", id: this.context.nextLease(), ttlSeconds },
          ticket,
        );
      }
      case "lease-revoke":
        return this.write({ ...request }, ticket);
      case "lease-keep-alive": {
        const { node, store, lessor } = this.context;
        if (node.core.role !== "leader") return ticket.refuse(ERRORS.notLeader);
        return ticket.answer(store.success({ succeeded: lessor.keepAlive(request.id) }));
      }
      case "member-add":
        return this.addMember(request.peerUrl, request.isLearner, ticket);
      case "member-remove":
        return this.proposeChange({ type: "remove", id: request.id }, ticket);
      case "member-promote":
        return this.promote(request.id, ticket);
      case "move-leader":
        return this.moveLeader(request.to, ticket);
      case "snapshot": {
        const { store } = this.context;
        return ticket.answer(store.success({ snapshot: store.snapshot() }));
      }
    }
  }

  private write(command: Command, ticket: Ticket): void {
    this.expect(command, { kind: "command", command }, ticket);
  }

  private addMember(peerUrl: string, isLearner: boolean, ticket: Ticket): void {
    // As etcd's ids: of the same URL in the same second, the same.
    const second = Math.floor(this.context.clock.now() / 1000);
    const id = bootstrapMemberId(peerUrl, this.context.token + second);
    const member: MemberInfo = { id, name: "", peerUrl, isLearner };
    this.proposeChange(
      { type: isLearner ? "add-learner" : "add-voter", id, context: member },
      ticket,
    );
  }

  /** Only the leader knows how far a learner is. */
  private promote(id: string, ticket: Ticket): void {
    const { core } = this.context.node;
    const progress = core.leadership?.progress;
    const match = progress?.get(id)?.match;
    const own = progress?.get(core.id)?.match ?? 0;
    if (progress === undefined) ticket.refuse(ERRORS.notLeader);
    else if (match === undefined) ticket.refuse(ERRORS.memberNotFound);
    else if (match < own * IN_SYNC) ticket.refuse(ERRORS.learnerNotReady);
    else this.proposeChange({ type: "promote", id }, ticket);
  }

  private proposeChange(change: ConfigurationChange, ticket: Ticket): void {
    this.expect(change, { kind: "configuration", change }, ticket);
  }

  private moveLeader(to: string, ticket: Ticket): void {
    const { node, store } = this.context;
    if (node.core.role !== "leader") ticket.refuse(ERRORS.notLeader);
    else if (to === node.core.id) ticket.answer(store.success({}));
    else if (!node.transferLeadership(to)) ticket.refuse(ERRORS.badTransferee);
    else this.transfers.push({ to, ticket });
  }

  private expect(key: object, body: EntryBody, ticket: Ticket): void {
    const pending = { body, ticket, proposed: false };
    this.pending.set(key, pending);
    this.propose(pending);
  }

  private propose(pending: Pending): void {
    // Before the call: it may be applied, and answered, within it.
    pending.proposed = true;
    if (this.context.node.propose(pending.body) === "dropped") pending.proposed = false;
  }

  private read(local: boolean, answer: () => void): void {
    if (local) {
      answer();
      return;
    }
    const context = this.nextRead++;
    this.reads.set(context, answer);
    this.context.node.read(context);
  }

  private answerReadable(): void {
    if (this.readable.length === 0) return;
    const { applied } = this.context.node.core;
    const due = this.readable.filter((read) => read.index <= applied);
    this.readable = this.readable.filter((read) => read.index > applied);
    for (const { answer } of due) answer();
  }
}

function isRead(request: EtcdRequest): request is ReadRequest {
  const { type } = request;
  return type === "get" || type === "list" || type === "range" || type === "member-list";
}
