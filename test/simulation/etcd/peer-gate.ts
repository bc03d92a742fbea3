/**
 * Between a member and its peers: whom it believes, whom it turns away, and how it finds them.
 * Messages of another cluster are refused; a member that was removed is told so, and then ends.
 */
import type { RaftNode } from "../raft/raft-node.ts";
import type { RaftMessage } from "../raft/types.ts";
import type { ClientRequests } from "./client-requests.ts";
import type { Identity } from "./data.ts";
import { votersLine } from "./log-lines.ts";
import type { EtcdServerOptions } from "./server-options.ts";
import type { Command, EtcdStore } from "./store.ts";
import { type Reply, Ticket } from "./ticket.ts";
import type { EtcdExit, EtcdRequest, MemberInfo, PeerBody, PeerMessage } from "./types.ts";

/** A member that joins looks for the others this often, and this often in vain. */
const DISCOVERY_MS = 1_000;
const DISCOVERIES_MAX = 5;
/** Between hearing of its own removal and the end of the process. */
const REMOVED_MS = 1_000;
const NOT_A_MEMBER = "the cluster has no such member";
const NOBODY_ANSWERS = "cannot fetch cluster info from peer urls";
/** As etcd has it (server/etcdserver/api/membership, ValidateClusterAndAssignIDs). */
const OTHERS_THAN_TOLD = "error validating peerURLs: member count is unequal";
/** For what is asked on behalf of another member's client, who has a deadline too. */
const FORWARDED_MS_MAX = 5_000;

export interface PeerGateOptions {
  readonly server: EtcdServerOptions;
  readonly node: RaftNode;
  readonly requests: ClientRequests;
  readonly store: EtcdStore;
  /** Nothing is on the disk: the member joins a cluster that runs. */
  readonly fresh: boolean;
  readonly identity: () => Identity;
  readonly exit: (exit: EtcdExit) => void;
}

export class PeerGate {
  /** Peer URLs of members that the log has not told of yet, by member id. */
  private readonly heardOf = new Map<string, string>();
  /** A message that the network doubles is still one proposal. */
  private readonly proposalsSeen = new WeakSet<object>();
  private readonly forwarded = new Map<number, Ticket>();
  private readonly publications = new WeakSet<object>();
  private nextCall = 1;
  private started = false;
  private stopped = false;
  private published = false;
  private cancelPublish: () => void = () => undefined;

  constructor(private readonly options: PeerGateOptions) {}

  /** The clients of this member are served. */
  get ready(): boolean {
    return this.published;
  }

  begin(): void {
    if (this.options.fresh) this.discover(1);
    else this.startNode();
  }

  stop(): void {
    this.stopped = true;
    this.cancelPublish();
  }

  /** This member was removed: its process ends when the others had time to hear of it. */
  removed(): void {
    const reason = "the member has been permanently removed from the cluster";
    this.options.server.clock.after(REMOVED_MS, () => this.options.exit({ code: 0, reason }));
  }

  sendRaft(to: string, message: RaftMessage): void {
    const peerUrl = this.urlOf(to);
    if (peerUrl !== undefined) this.post(peerUrl, to, { kind: "raft", message });
  }

  receive(message: PeerMessage): void {
    const { memberId, clusterId } = this.options.identity();
    if (this.stopped || message.clusterId !== clusterId) return;
    if (message.to !== null && message.to !== memberId) return;
    if (this.options.store.isRemoved(message.from) && message.body.kind !== "gone") {
      this.reply(message, { kind: "gone" });
      return;
    }
    this.heardOf.set(message.from, message.fromUrl);
    this.handle(message, message.body);
  }

  /** Asks the leader, on behalf of a client of this member. */
  forward(request: EtcdRequest, deadlineMs: number, reply: Reply): void {
    const { leader } = this.options.node.core;
    const call = this.nextCall++;
    this.forwarded.set(call, new Ticket(this.options.server.clock, deadlineMs, reply));
    const peerUrl = leader === null ? undefined : this.urlOf(leader);
    if (peerUrl !== undefined) this.post(peerUrl, leader, { kind: "forward", request, call });
  }

  onLeader(leaderId: string): void {
    this.options.requests.onLeader(leaderId);
    this.publish();
  }

  onApplied(command: Command): void {
    if (!this.publications.has(command)) return;
    this.published = true;
    this.cancelPublish();
    const { onLog } = this.options.server;
    onLog?.({ msg: "published local member to cluster through raft" });
    onLog?.({ msg: "ready to serve client requests" });
  }

  private handle(message: PeerMessage, body: PeerBody): void {
    const { requests, store } = this.options;
    switch (body.kind) {
      case "raft":
        if (this.started) this.takeRaft(message, body.message);
        return;
      case "gone":
        return this.removed();
      case "who-is-there":
        return this.reply(message, { kind: "there-are", members: store.members });
      case "there-are":
        return this.onMembers(body.members);
      case "forward":
        return requests.take(body.request, FORWARDED_MS_MAX, (answer) =>
          this.reply(message, { kind: "forwarded", call: body.call, answer }),
        );
      case "forwarded":
        this.forwarded.get(body.call)?.answer(body.answer);
        this.forwarded.delete(body.call);
    }
  }

  private takeRaft(envelope: PeerMessage, message: RaftMessage): void {
    if (message.type === "propose") {
      if (this.proposalsSeen.has(message)) return;
      this.proposalsSeen.add(message);
    }
    this.learnHistory(envelope.history);
    this.options.node.step(envelope.from, message);
  }

  private learnHistory(theirs: string | null): void {
    const { server, identity } = this.options;
    if (theirs !== null && identity().history === null) server.data.learnHistory(theirs);
  }

  private discover(attempt: number): void {
    if (this.started || this.stopped) return;
    const { server, exit } = this.options;
    if (attempt > DISCOVERIES_MAX) {
      exit({ code: 1, reason: this.heardOf.size > 0 ? NOT_A_MEMBER : NOBODY_ANSWERS });
      return;
    }
    for (const peerUrl of server.initialPeers) {
      if (peerUrl !== server.peerUrl) this.post(peerUrl, null, { kind: "who-is-there" });
    }
    server.clock.after(DISCOVERY_MS, () => this.discover(attempt + 1));
  }

  private onMembers(members: readonly MemberInfo[]): void {
    // A peer that joins itself knows of nobody.
    if (this.started || members.length === 0) return;
    const { memberId } = this.options.identity();
    for (const { id, peerUrl } of members) this.heardOf.set(id, peerUrl);
    // Who does not list this member may only be late.
    if (!members.some((m) => m.id === memberId)) return;
    const { server, exit } = this.options;
    const urls = new Set(members.map((m) => m.peerUrl));
    const asTold = urls.size === server.initialPeers.length;
    if (asTold && server.initialPeers.every((url) => urls.has(url))) this.startNode();
    else exit({ code: 1, reason: OTHERS_THAN_TOLD });
  }

  private startNode(): void {
    const { node, store, server, fresh } = this.options;
    this.started = true;
    server.data.begin();
    const { memberId, clusterId } = this.options.identity();
    server.onLog?.({
      msg: fresh ? "starting local member" : "restarting local member",
      "local-member-id": memberId,
      "cluster-id": clusterId,
      "commit-index": node.core.commit,
    });
    node.start();
    server.onLog?.(votersLine(memberId, node.core.configuration.voters));
    if (store.isRemoved(node.core.id)) this.removed();
  }

  /** Its name, through the log: once that is applied, clients are served. */
  private publish(): void {
    this.cancelPublish();
    if (this.stopped || this.published) return;
    const { server, requests, node } = this.options;
    const command: Command = { type: "publish", memberId: node.core.id, name: server.name };
    this.publications.add(command);
    this.cancelPublish = server.clock.after(server.electionMs, () => this.publish());
    requests.proposeOwn(command);
  }

  private urlOf(id: string): string | undefined {
    return this.options.store.member(id)?.peerUrl ?? this.heardOf.get(id);
  }

  private reply(to: PeerMessage, body: PeerBody): void {
    this.post(to.fromUrl, to.from, body);
  }

  private post(peerUrl: string, to: string | null, body: PeerBody): void {
    if (this.stopped) return;
    const { server, identity } = this.options;
    const { memberId, clusterId, history } = identity();
    const message = { from: memberId, fromUrl: server.peerUrl, to, clusterId, history, body };
    server.send(peerUrl, message);
  }
}
