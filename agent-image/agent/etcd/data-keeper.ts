/**
 * Tells what lies in the data directory. It is read before etcd first runs, and again when there
 * has been no leader for a while: then nothing is appended any more, and what the log's last entry
 * is decides who may go on. An etcd that answers nobody may take part all the same: only a word of
 * its own, or its end, says that it has no leader.
 */
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { DataDir } from "./data-dir.ts";

/** Longer than an election takes that has a quorum. */
const LEADERLESS_MS = 2_000;
const IDLE_MS = 60_000;
/** A reading that fails is tried again after this, for the reader may have overtaken the writer. */
const RETRY_MS = 500;
/** Readings in a row that may fail; what was known before has to do then, for nobody else reads it. */
const FAILURES_MAX = 5;

export class DataKeeper {
  private readonly task: RepeatingTask;
  /** Since when etcd has no leader by all that was heard of it; null: it may have one, and the log grows. */
  private leaderlessSince: number | null;
  /** The log has not grown since it was read. */
  private current = true;
  /** What a reading that is under way finds is no news any more. */
  private overtaken = false;
  /** Readings in a row. */
  private failures = 0;

  constructor(
    private readonly options: {
      readonly data: Pick<DataDir, "inspect">;
      readonly board: StatusBoard;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {
    const { clock, log } = options;
    this.leaderlessSince = clock.now();
    this.task = new RepeatingTask({ name: "data", clock, log, run: () => this.run() });
    this.task.start();
  }

  /** etcd has told whose data it runs on, some milliseconds after its start. */
  learn(memberId: string, clusterId: string, commitIndex: number): void {
    const { board } = this.options;
    const { data } = board.now;
    // etcd says who it is before it stumbles over what is broken, each time anew.
    if (data.state === "corrupt") return;
    const known = data.state === "present" && data.memberId === memberId ? data : null;
    const raftIndex = Math.max(commitIndex, known?.raftIndex ?? 0);
    const raftTerm = known?.raftTerm ?? 0;
    const due = this.current ? {} : { readingDue: true };
    board.update({
      data: { state: "present", memberId, clusterId, raftIndex, raftTerm, ...due },
    });
  }

  /** etcd's own log says that it follows a leader: sooner than etcd answers, and when it never does. */
  followed(): void {
    this.leaderlessSince = null;
    this.expire();
  }

  /** etcd's own log says that its leader is gone. */
  lostLeader(): void {
    if (this.leaderlessSince !== null) return;
    this.leaderlessSince = this.options.clock.now();
    this.task.wake();
  }

  /** etcd cannot use its data; what it said. */
  giveUp(reason: string): void {
    const { board } = this.options;
    if (board.now.data.state !== "corrupt") board.update({ data: { state: "corrupt", reason } });
  }

  /** @param health null: it does not answer, which tells nothing of its leader */
  setHealth(health: EtcdHealth | null): void {
    if (health === null) return;
    if (health.leaderId === null) return this.lostLeader();
    this.followed();
    const { board } = this.options;
    if (board.now.data.state !== "corrupt") return;
    // It serves: whatever was thought of the data, it is good.
    const { memberId, clusterId, raftIndex, raftTerm } = health;
    board.update({
      data: { state: "present", memberId, clusterId, raftIndex, raftTerm, readingDue: true },
    });
  }

  /** etcd has ended; what its log held then may be more than what a status has told. */
  ended(): void {
    this.leaderlessSince ??= this.options.clock.now();
    this.expire();
    this.task.wake();
  }

  /** Reads what is there now. */
  async look(): Promise<void> {
    const { board, data } = this.options;
    board.update({ data: await data.inspect() });
    this.current = true;
    this.overtaken = true;
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const waitMs = this.untilDue();
    if (waitMs > 0) return waitMs;
    const { data, board } = this.options;
    this.overtaken = false;
    const seen = await data.inspect();
    if (this.overtaken) return 0;
    this.failures = seen.state === "present" ? 0 : this.failures + 1;
    if (this.failures > 0 && this.failures < FAILURES_MAX) return RETRY_MS;
    this.current = true;
    // What is broken, etcd says itself.
    const told = board.now.data;
    if (told.state === "present") {
      board.update({ data: seen.state === "present" ? seen : { ...told, readingDue: false } });
    }
    return IDLE_MS;
  }

  /** Milliseconds until the log is to be read. */
  private untilDue(): number {
    const now = this.options.clock.now();
    if (this.leaderlessSince === null || this.current) return IDLE_MS;
    // The clock was set back: the wait does not get longer by it.
    this.leaderlessSince = Math.min(this.leaderlessSince, now);
    return this.leaderlessSince + LEADERLESS_MS - now;
  }

  /** The log may hold more from now on than what was read of it. */
  private expire(): void {
    this.overtaken = true;
    this.failures = 0;
    if (!this.current) return;
    this.current = false;
    const { board } = this.options;
    const { data } = board.now;
    if (data.state === "present") board.update({ data: { ...data, readingDue: true } });
  }
}
