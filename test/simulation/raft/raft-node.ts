/** One Raft node: messages, timers and proposals in; messages and committed entries out. */
import { RaftCore, type RaftHost, type RaftOptions } from "./core.ts";
import { campaign, isUnderLease, onVoteAnswer, onVoteRequest } from "./election.ts";
import { onAppend, onHeartbeat, onSnapshot } from "./following.ts";
import { sendHeartbeats } from "./heartbeat.ts";
import { onReadConfirmed, onRead } from "./reads.ts";
import { appendOwn, onAppendAnswer, onHeartbeatAnswer } from "./replication.ts";
import { beginTransfer, endStaleTransfer } from "./transfer.ts";
import { type EntryBody, type NodeId, type RaftMessage, RaftPanic } from "./types.ts";

/** What became of a proposal; `dropped` will never be committed, the others may. */
export type Proposed = "appended" | "forwarded" | "dropped";

export class RaftNode {
  /** Everything there is to know about it; to be read only. */
  readonly core: RaftCore;

  /** @param onPanic called when the node has stopped, as etcd's process does */
  constructor(
    options: RaftOptions,
    host: RaftHost,
    private readonly onPanic: (reason: string) => void,
  ) {
    this.core = new RaftCore(options, host);
    this.core.stepSelf = (message) => this.step(this.core.id, message);
    this.core.onTimer = () => this.guarded(() => this.onTimer());
  }

  start(): void {
    this.guarded(() => this.core.begin());
  }

  /** At once, as by kill -9. What the disk loses is the disk's affair. */
  stop(): void {
    this.core.stop();
  }

  step(from: NodeId, message: RaftMessage): void {
    this.guarded(() => {
      if (this.concernsThisTerm(from, message)) this.handle(from, message);
    });
  }

  propose(body: EntryBody): Proposed {
    let result: Proposed = "dropped";
    this.guarded(() => {
      result = this.takeProposal(body);
    });
    return result;
  }

  /** Asks for a read index; the answer, if any comes, goes to `host.readable`. */
  read(context: number): void {
    this.guarded(() => {
      const { core } = this;
      if (core.role === "leader") onRead(core, core.id, context);
      else if (core.leader !== null) {
        core.send(core.leader, { type: "read", term: core.term, context });
      }
    });
  }

  /** @returns false when this node does not lead, or the target does not vote */
  transferLeadership(to: NodeId): boolean {
    let begun = false;
    this.guarded(() => {
      begun = beginTransfer(this.core, to);
    });
    return begun;
  }

  /** Stands for election now. */
  campaign(): void {
    this.guarded(() => campaign(this.core, "pre-vote"));
  }

  private guarded(work: () => void): void {
    if (this.core.stopped) return;
    try {
      work();
      this.core.flush();
    } catch (error) {
      if (!(error instanceof RaftPanic)) throw error;
      this.core.stop();
      this.onPanic(error.message);
    }
  }

  private onTimer(): void {
    const { core } = this;
    if (core.role === "leader") this.onHeartbeatTimer();
    else if (core.promotable) campaign(core, "pre-vote");
    else core.touchElectionTimer();
  }

  private onHeartbeatTimer(): void {
    const { core } = this;
    const { leadership, configuration } = core;
    if (leadership === null) return;
    const now = core.host.clock.now();
    if (now - leadership.quorumCheckedAt >= core.options.electionMs) {
      leadership.quorumCheckedAt = now;
      core.lastContactAt = now;
      if (!leadership.checkQuorum(configuration)) {
        core.becomeFollower(core.term, null);
        return;
      }
    }
    endStaleTransfer(core);
    sendHeartbeats(core, leadership.reads.at(-1)?.number ?? 0);
    core.wakeIn(core.options.heartbeatMs);
  }

  private takeProposal(body: EntryBody): Proposed {
    const { core } = this;
    if (core.role !== "leader") {
      if (core.leader === null) return "dropped";
      core.send(core.leader, { type: "propose", term: core.term, body });
      return "forwarded";
    }
    const { leadership } = core;
    if (leadership === null || leadership.transferee !== null) return "dropped";
    if (!leadership.progress.has(core.id)) return "dropped";
    if (body.kind === "configuration") {
      if (leadership.pendingConfigurationIndex > core.applied) return "dropped";
      leadership.pendingConfigurationIndex = core.lastIndex + 1;
    }
    appendOwn(core, body);
    return "appended";
  }

  /** Terms: what is older is refused, what is newer is taken over (Raft, section 5.1). */
  private concernsThisTerm(from: NodeId, message: RaftMessage): boolean {
    const { core } = this;
    const { type, term } = message;
    if (type === "propose" || type === "read" || type === "read-answer") return true;
    if (term === core.term) return true;
    if (term < core.term) {
      this.answerOlder(from, message);
      return false;
    }
    if (type === "vote" || type === "pre-vote") {
      if (isUnderLease(core, message)) return false;
      if (type === "pre-vote") return true;
    }
    // A pre-vote that was granted tells of a term that nobody has begun.
    if (type === "pre-vote-answer" && message.granted) return true;
    const isLeader = type === "append" || type === "heartbeat" || type === "snapshot";
    core.becomeFollower(term, isLeader ? from : null);
    return true;
  }

  private answerOlder(from: NodeId, message: RaftMessage): void {
    const { core } = this;
    const { term } = core;
    if (message.type === "pre-vote") {
      core.sendDurably(from, { type: "pre-vote-answer", term, granted: false });
    } else if (message.type === "append" || message.type === "heartbeat") {
      // So that a leader of an older term, who was cut off, steps down.
      core.sendDurably(from, { type: "append-answer", term, index: 0, rejected: false, hint: 0 });
    }
  }

  private handle(from: NodeId, message: RaftMessage): void {
    const { core } = this;
    switch (message.type) {
      case "vote":
      case "pre-vote":
        return onVoteRequest(core, from, message);
      case "vote-answer":
      case "pre-vote-answer":
        return onVoteAnswer(core, from, message);
      case "append":
        this.follow(from);
        return onAppend(core, from, message);
      case "heartbeat":
        this.follow(from);
        return onHeartbeat(core, from, message.commit, message.read);
      case "snapshot":
        this.follow(from);
        return onSnapshot(core, from, message.snapshot);
      case "append-answer":
        return onAppendAnswer(core, from, message);
      case "heartbeat-answer":
        onHeartbeatAnswer(core, from);
        return onReadConfirmed(core, from, message.read);
      case "timeout-now":
        return campaign(core, "transfer");
      case "propose":
        if (core.role === "leader") this.takeProposal(message.body);
        return;
      case "read":
        return onRead(core, from, message.context);
      case "read-answer":
        return core.host.readable(message.context, message.index);
    }
  }

  /** Whoever sends entries or heartbeats of this term was elected in it. */
  private follow(leader: NodeId): void {
    const { core } = this;
    if (core.role === "follower") core.setLeader(leader);
    else core.becomeFollower(core.term, leader);
  }
}
