/**
 * One etcd process on its data: a Raft node, the store it drives, its peers, and its clients. It
 * ends by itself as etcd does: with 0 when its member was removed, with 2 by a panic, with 1 when
 * it cannot start.
 */
import type { RaftCore, RaftHost, RaftOptions } from "../raft/core.ts";
import type { Disk } from "../raft/disk.ts";
import { RaftNode } from "../raft/raft-node.ts";
import type { ConfigurationChange, Entry, RaftEvent } from "../raft/types.ts";
import { ClientDoor } from "./client-door.ts";
import { ClientRequests } from "./client-requests.ts";
import type { Identity } from "./data.ts";
import { Lessor } from "./lessor.ts";
import { raftLine, votersLine } from "./log-lines.ts";
import { PeerGate } from "./peer-gate.ts";
import type { EtcdServerOptions } from "./server-options.ts";
import { type Command, EtcdStore, type EtcdState, refusal } from "./store.ts";
import type { Reply } from "./ticket.ts";
import {
  ERRORS,
  type EtcdAnswer,
  type EtcdExit,
  type EtcdRequest,
  type EtcdStatus,
  type PeerMessage,
} from "./types.ts";

const QUOTA_BYTES = 2 * 1024 ** 3;

export class EtcdServer {
  readonly store: EtcdStore;
  readonly door = new ClientDoor();
  private readonly opened: { readonly identity: Identity; readonly disk: Disk } | null;
  private readonly running: {
    readonly node: RaftNode;
    readonly requests: ClientRequests;
    readonly lessor: Lessor;
    readonly gate: PeerGate;
  } | null;
  private ended = false;

  /** Starts it. What is wrong with the data shows at once, as an exit. */
  constructor(private readonly options: EtcdServerOptions) {
    this.store = new EtcdStore(options.quotaBytes ?? QUOTA_BYTES);
    this.opened = options.data.open();
    this.running = this.opened === null ? null : this.assemble(this.opened);
    if (this.running === null) {
      const data = options.data.inspect();
      const reason = data.state === "corrupt" ? data.reason : "no data was prepared";
      options.clock.after(0, () => this.exit({ code: data.state === "corrupt" ? 2 : 1, reason }));
    } else this.running.gate.begin();
  }

  /** For reading; null when the data does not let it start. */
  get core(): RaftCore | null {
    return this.running?.node.core ?? null;
  }

  get identity(): Identity | null {
    return this.opened === null ? null : this.options.data.identity;
  }

  /** Its clients are served: since its start it has had a leader, and told it its name. */
  get ready(): boolean {
    return !this.ended && this.running?.gate.ready === true;
  }

  /** Null while clients are not served. */
  status(): EtcdStatus | null {
    const { core, identity, store } = this;
    if (core === null || identity === null || !this.ready) return null;
    return {
      memberId: core.id,
      clusterId: identity.clusterId,
      name: this.options.name,
      raftTerm: core.term,
      raftIndex: core.commit,
      raftAppliedIndex: core.applied,
      leaderId: core.leader,
      isLearner: core.isLearner,
      revision: store.revisionNow,
      dbSizeBytes: store.sizeBytes,
      alarms: store.full ? ["NOSPACE"] : [],
    };
  }

  /** @param deadlineMs after which etcd itself gives up */
  request(request: EtcdRequest, deadlineMs: number, reply: Reply): void {
    this.door.pass(() => this.take(request, deadlineMs, reply));
  }

  private take(request: EtcdRequest, deadlineMs: number, reply: Reply): void {
    if (this.running === null || !this.ready) {
      reply(refusal(ERRORS.stopped));
      return;
    }
    const { requests, gate, node } = this.running;
    const forLeader = request.type === "member-promote" || request.type === "lease-keep-alive";
    const elsewhere = forLeader && node.core.role !== "leader" && !node.core.isLearner;
    if (elsewhere) gate.forward(request, deadlineMs, reply);
    else requests.take(request, deadlineMs, reply);
  }

  /** From a peer, by the network. */
  receive(message: PeerMessage): void {
    if (!this.ended) this.running?.gate.receive(message);
  }

  /** As by kill -9. What of the unsynced survives is the disk's affair. */
  kill(survivingWrites = 0): void {
    this.ended = true;
    this.running?.node.stop();
    this.running?.gate.stop();
    this.running?.lessor.stop();
    this.opened?.disk.crash(survivingWrites);
  }

  /** As by SIGTERM: a leader hands over first, within an election's time; then `done`. */
  shutDown(done: () => void): void {
    const target = this.bestSuccessor();
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.kill();
      done();
    };
    if (target === null || this.running === null) {
      end();
      return;
    }
    this.options.clock.after(this.options.electionMs, end);
    this.running.requests.take({ type: "move-leader", to: target }, this.options.electionMs, end);
  }

  private bestSuccessor(): string | null {
    const { core } = this;
    if (core?.leadership == null || this.ended) return null;
    const others = core.configuration.voters.filter((id) => id !== core.id);
    const match = (id: string) => core.leadership?.progress.get(id)?.match ?? 0;
    others.sort((a, b) => match(b) - match(a));
    return others[0] ?? null;
  }

  private assemble({ identity, disk }: { readonly identity: Identity; readonly disk: Disk }) {
    const { clock } = this.options;
    const rng = this.options.rng.fork("leases");
    const node = new RaftNode(this.raftOptions(identity.memberId), this.raftHost(disk), (reason) =>
      this.exit({ code: 2, reason }),
    );
    const { token } = identity;
    const { store } = this;
    const revoke = (id: string) => requests.proposeOwn({ type: "lease-revoke", id });
    const lessor = new Lessor(clock, store, revoke);
    const nextLease = () => `${identity.memberId}-${rng.uint32()}`;
    const requests: ClientRequests = new ClientRequests({
      ...{ clock, node, store, lessor, token, nextLease },
    });
    const gate = new PeerGate({
      server: this.options,
      node,
      requests,
      store: this.store,
      fresh: this.options.data.unwritten,
      identity: () => this.identity ?? identity,
      exit: (exit) => this.exit(exit),
    });
    return { node, requests, lessor, gate };
  }

  private raftOptions(id: string): RaftOptions {
    const { heartbeatMs, electionMs, snapshotEvery, entriesKept } = this.options;
    return {
      id,
      heartbeatMs,
      electionMs,
      ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
      ...(entriesKept === undefined ? {} : { entriesKept }),
    };
  }

  private raftHost(disk: Disk): RaftHost {
    const { clock, rng } = this.options;
    return {
      clock,
      rng,
      disk,
      send: (to, message) => this.running?.gate.sendRaft(to, message),
      apply: (entry) => this.apply(entry),
      admit: (change) => this.admit(change),
      capture: () => this.store.capture(),
      restore: (state) => this.store.restore(state as EtcdState),
      readable: (context, index) => this.running?.requests.onReadable(context, index),
      observe: (event) => this.onRaftEvent(event),
    };
  }

  private apply({ body }: Entry): void {
    if (body.kind === "command") {
      const command = body.command as Command;
      const answer = this.store.apply(command);
      this.running?.gate.onApplied(command);
      if (command.type === "lease-grant") this.running?.lessor.granted(command.id);
      this.answer(command, answer);
    } else if (body.kind === "empty") this.answer(body, this.store.success({}));
  }

  private admit(change: ConfigurationChange): boolean {
    const refused = this.store.refuses(change);
    if (refused !== null) {
      this.answer(change, refusal(refused));
      return false;
    }
    this.store.change(change);
    this.tellChange(change);
    const { members } = this.store;
    this.answer(
      change,
      this.store.success({ member: this.store.member(change.id) ?? null, members }),
    );
    // After this step: the others must learn of the commit.
    if (change.type === "remove" && change.id === this.core?.id) this.running?.gate.removed();
    return true;
  }

  private tellChange({ type, id }: ConfigurationChange): void {
    const { core } = this;
    const { onLog } = this.options;
    if (core === null || onLog === undefined) return;
    const verb = {
      remove: "removed",
      promote: "promote",
      "add-voter": "added",
      "add-learner": "added",
    };
    onLog({ msg: `${verb[type]} member`, "member-id": id });
    const voters = this.store.members.filter((m) => !m.isLearner).map((m) => m.id);
    onLog(votersLine(core.id, voters));
  }

  private answer(key: object, answer: EtcdAnswer): void {
    this.running?.requests.onApplied(key, answer);
  }

  private onRaftEvent(event: RaftEvent): void {
    const { core, identity, running, options } = this;
    if (core === null || identity === null || running === null) return;
    options.observe?.(event, core, identity);
    const line = options.onLog === undefined ? null : raftLine(core.id, event);
    if (line !== null) options.onLog?.(line);
    running.lessor.setLeading(core.role === "leader");
    if (event.type === "elected" || event.type === "leader-known") {
      running.gate.onLeader(core.leader ?? core.id);
    }
  }

  private exit(exit: EtcdExit): void {
    if (this.ended) return;
    this.kill();
    const { code, reason } = exit;
    const { onLog, onExit } = this.options;
    if (code === 0) onLog?.({ msg: "server error", error: reason });
    else onLog?.({ level: "fatal", msg: reason });
    onExit(exit);
  }
}
