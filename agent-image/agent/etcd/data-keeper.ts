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
    board.update({ data: { state: "present", memberId, clusterId, raftIndex, raftTerm } });
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
      this.current = false;
      // It serves: whatever was thought of the data, it is good.
      if (board.now.data.state === "corrupt") {
        const { memberId, clusterId, raftIndex, raftTerm } = health;
        board.update({ data: { state: "present", memberId, clusterId, raftIndex, raftTerm } });
      }
    }
    if (!this.current) this.task.wake();
  }

  /** etcd has ended; what its log held then may be more than what a status has told. */
  ended(): void {
    this.leaderlessSince ??= this.options.clock.now();
    this.current = false;
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
    if (seen.state === "present" && board.now.data.state === "present") {
      board.update({ data: seen });
    }
    return IDLE_MS;
  }
}
