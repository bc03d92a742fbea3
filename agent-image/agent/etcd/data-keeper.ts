/**
 * Tells what lies in the data directory. It is read before etcd first runs, and again when there
 * has been no leader for a while: then nothing is appended any more, and what the log's last entry
 * is decides who may go on.
 */
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { DataDir } from "./data-dir.ts";

/** Longer than an election takes that has a quorum. */
const LEADERLESS_MS = 2_000;
const IDLE_MS = 60_000;

export class DataKeeper {
  private readonly task: RepeatingTask;
  /** Since when no leader is known; null: one is, and the log grows. */
  private leaderlessSince: number | null;
  /** The log has not grown since it was read. */
  private current = true;

  constructor(
    private readonly options: {
      readonly data: DataDir;
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
    this.leaderlessSince ??= this.options.clock.now();
    this.task.wake();
  }

  /** etcd cannot use its data; what it said. */
  giveUp(reason: string): void {
    const { board } = this.options;
    if (board.now.data.state !== "corrupt") board.update({ data: { state: "corrupt", reason } });
  }

  setHealth(health: EtcdHealth | null): void {
    const { clock, board } = this.options;
    if (health?.leaderId == null) {
      this.leaderlessSince ??= clock.now();
    } else {
      this.leaderlessSince = null;
      this.expire();
      // It serves: whatever was thought of the data, it is good.
      if (board.now.data.state === "corrupt") {
        const { memberId, clusterId, raftIndex, raftTerm } = health;
        board.update({
          data: { state: "present", memberId, clusterId, raftIndex, raftTerm, readingDue: true },
        });
      }
    }
    if (!this.current) this.task.wake();
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
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const { clock, data, board } = this.options;
    const since = this.leaderlessSince;
    if (since === null || this.current) return IDLE_MS;
    const waitMs = since + LEADERLESS_MS - clock.now();
    if (waitMs > 0) return waitMs;
    this.current = true;
    const seen = await data.inspect();
    if (this.leaderlessSince !== since) return 0;
    // While etcd runs, the reader may overtake the writer; what is broken, etcd says itself.
    const told = board.now.data;
    if (told.state === "present") {
      board.update({ data: seen.state === "present" ? seen : { ...told, readingDue: false } });
    }
    return IDLE_MS;
  }

  /** The log may hold more from now on than what was read of it. */
  private expire(): void {
    if (!this.current) return;
    this.current = false;
    const { board } = this.options;
    const { data } = board.now;
    if (data.state === "present") board.update({ data: { ...data, readingDue: true } });
  }
}
