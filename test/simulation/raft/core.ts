/** The state of one Raft node, and what every part of the protocol does with it. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import { NOBODY, withChange } from "./configuration.ts";
import type { Disk } from "./disk.ts";
import { Leadership } from "./leadership.ts";
import type { RaftLog } from "./log.ts";
import { Outbox } from "./outbox.ts";
import {
  type Configuration,
  type ConfigurationChange,
  type Entry,
  type NodeId,
  type RaftEvent,
  type RaftMessage,
  RaftPanic,
  type Role,
  type Snapshot,
} from "./types.ts";
import { WakeTimer } from "./wake-timer.ts";

export interface RaftOptions {
  readonly id: NodeId;
  readonly heartbeatMs: number;
  /** Each node waits this long to twice as long, at random, for a leader. */
  readonly electionMs: number;
  /** Applied entries after which the log is compacted. */
  readonly snapshotEvery?: number;
  /** Entries that stay before the snapshot, for members that lag a little. */
  readonly entriesKept?: number;
  /** How long to wait for a leader this time; by default drawn from the range above. */
  readonly electionTimeout?: () => number;
}

/** What a node needs of the process it is part of. All calls are made within the node's own. */
export interface RaftHost {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly disk: Disk;
  send(to: NodeId, message: RaftMessage): void;
  /** Each committed entry once, in order; again from the last snapshot after a restart. */
  apply(entry: Entry): void;
  /** Whether a committed change of the members is to take effect. */
  admit(change: ConfigurationChange): boolean;
  /** The state machine as it is now; immutable from then on. */
  capture(): unknown;
  restore(state: unknown): void;
  /** An answer to `read`: the state machine may answer once it has applied `index`. */
  readable(context: number, index: number): void;
  observe(event: RaftEvent): void;
}

export const SNAPSHOT_EVERY = 10_000;
const ENTRIES_KEPT = 500;
export const ENTRIES_PER_MESSAGE_MAX = 64;

export class RaftCore {
  readonly id: NodeId;
  role: Role = "follower";
  term: number;
  vote: NodeId | null;
  leader: NodeId | null = null;
  commit: number;
  applied = 0;
  configuration: Configuration = NOBODY;
  readonly log: RaftLog;
  /** Answers to the present campaign. */
  votes = new Map<NodeId, boolean>();
  leadership: Leadership | null = null;
  /** When a leader was last heard, or a vote given; milliseconds since the epoch. */
  lastContactAt: number;
  electionTimeoutMs = 0;
  /** Delivers to this node itself; set by RaftNode. */
  stepSelf: (message: RaftMessage) => void = () => undefined;
  /** Leads to the next campaign or heartbeat; set by RaftNode. */
  onTimer: () => void = () => undefined;
  private ended = false;
  private applying = false;
  private readonly outbox: Outbox;
  private readonly timer: WakeTimer;
  private readonly found: Snapshot | null;
  private snapshotIndex = 0;

  constructor(
    readonly options: RaftOptions,
    readonly host: RaftHost,
  ) {
    this.id = options.id;
    const durable = host.disk.read();
    this.term = durable.hard.term;
    this.vote = durable.hard.vote;
    this.log = durable.log;
    this.commit = durable.hard.commit;
    this.lastContactAt = host.clock.now();
    this.found = durable.snapshot;
    this.timer = new WakeTimer(host.clock, () => this.onTimer());
    this.outbox = new Outbox(host.clock, host.disk, (to, message) => {
      if (message.type === "vote-answer" && message.granted) {
        host.observe({ type: "vote-told", term: message.term, candidate: to });
      }
      if (to === this.id) this.stepSelf(message);
      else host.send(to, message);
    });
  }

  /** Takes up what the disk holds, and begins to wait for a leader. */
  begin(): void {
    if (this.found !== null) this.takeState(this.found);
    if (this.commit > this.lastIndex) throw outOfRange(this.commit, this.lastIndex);
    this.applyCommitted();
    this.resetElectionTimer();
  }

  get stopped(): boolean {
    return this.ended;
  }

  /** Nothing comes from it any more. */
  stop(): void {
    this.ended = true;
    this.timer.stop();
    this.outbox.stop();
  }

  get lastIndex(): number {
    return this.log.lastIndex;
  }

  get isLearner(): boolean {
    return this.configuration.learners.includes(this.id);
  }

  /** Whether it may stand for election. */
  get promotable(): boolean {
    return this.configuration.voters.includes(this.id);
  }

  /** A message that promises nothing: it goes at once. */
  send(to: NodeId, message: RaftMessage): void {
    if (!this.stopped) this.host.send(to, message);
  }

  /** A message that promises what has been written: it goes when that is durable. */
  sendDurably(to: NodeId, message: RaftMessage): void {
    this.outbox.push(to, message);
  }

  saveTermAndVote(): void {
    this.host.disk.writeHard({ term: this.term, vote: this.vote, commit: this.commit });
  }

  append(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    let prevTerm = this.log.termOf(first.index - 1) ?? 0;
    this.log.replaceFrom(entries);
    this.host.disk.writeEntries(entries);
    for (const entry of entries) {
      this.host.observe({ type: "appended", entry, prevTerm });
      prevTerm = entry.term;
    }
  }

  /** Ends each step. */
  flush(): void {
    this.outbox.flush();
  }

  becomeFollower(term: number, leader: NodeId | null): void {
    if (this.role === "leader") {
      this.host.observe({ type: "stepped-down", term, reason: `saw term ${term}` });
    }
    if (term !== this.term) {
      this.term = term;
      this.vote = null;
      this.saveTermAndVote();
    }
    this.role = "follower";
    this.leadership = null;
    this.setLeader(leader);
    this.resetElectionTimer();
  }

  setLeader(leader: NodeId | null): void {
    if (leader === this.leader) return;
    if (leader === null && this.leader !== null) {
      this.host.observe({ type: "leader-lost", term: this.term, leader: this.leader });
    }
    this.leader = leader;
    if (leader !== null && leader !== this.id) {
      this.host.observe({ type: "leader-known", term: this.term, leader });
    }
  }

  /** A new random wait begins. */
  resetElectionTimer(): void {
    const { electionMs, electionTimeout } = this.options;
    this.electionTimeoutMs =
      electionTimeout?.() ?? electionMs + this.host.rng.integer(0, electionMs - 1);
    this.touchElectionTimer();
  }

  /** The same wait begins anew. */
  touchElectionTimer(): void {
    this.lastContactAt = this.host.clock.now();
    this.wakeIn(this.electionTimeoutMs);
  }

  wakeIn(delayMs: number): void {
    this.timer.wakeIn(delayMs);
  }

  commitTo(index: number): void {
    if (index <= this.commit) return;
    if (index > this.lastIndex) throw outOfRange(index, this.lastIndex);
    this.commit = index;
    this.host.disk.writeCommit({ term: this.term, vote: this.vote, commit: index });
    this.applyCommitted();
  }

  applyCommitted(): void {
    if (this.applying) return;
    this.applying = true;
    while (this.applied < this.commit && !this.stopped) {
      const entry = this.log.at(this.applied + 1);
      this.applied = entry.index;
      if (entry.body.kind === "configuration") this.applyChange(entry.body.change);
      this.host.observe({ type: "applied", entry });
      this.host.apply(entry);
    }
    this.applying = false;
    this.compactIfLong();
  }

  /** Another node's state replaces this one's. */
  install(snapshot: Snapshot): void {
    this.log.reset(snapshot.index, snapshot.term);
    this.host.disk.writeInstalled(snapshot);
    this.takeState(snapshot);
    this.host.observe({ type: "restored", index: snapshot.index });
  }

  currentSnapshot(): Snapshot {
    const term = this.log.termOf(this.applied);
    if (term === undefined) throw new RaftPanic(`applied ${this.applied} is not in the log`);
    const { configuration } = this;
    return { index: this.applied, term, configuration, state: this.host.capture() };
  }

  private takeState(snapshot: Snapshot): void {
    this.commit = Math.max(this.commit, snapshot.index);
    this.applied = snapshot.index;
    this.snapshotIndex = snapshot.index;
    this.configuration = snapshot.configuration;
    this.host.restore(snapshot.state);
  }

  private applyChange(change: ConfigurationChange): void {
    if (!this.host.admit(change)) return;
    this.configuration = withChange(this.configuration, change);
    this.leadership?.follow(this.configuration, this.lastIndex);
  }

  private compactIfLong(): void {
    const every = this.options.snapshotEvery ?? SNAPSHOT_EVERY;
    if (this.applied - this.snapshotIndex < every || this.stopped) return;
    const snapshot = this.currentSnapshot();
    const kept = this.options.entriesKept ?? ENTRIES_KEPT;
    const compactTo = Math.max(this.log.offset, this.applied - kept);
    this.log.compact(compactTo);
    this.host.disk.writeCompaction(snapshot, compactTo);
    this.snapshotIndex = this.applied;
  }
}

/** The words of etcd's panic. */
function outOfRange(commit: number, lastIndex: number): RaftPanic {
  return new RaftPanic(
    `tocommit(${commit}) is out of range [lastIndex(${lastIndex})]. ` +
      "Was the raft log corrupted, truncated, or lost?",
  );
}
