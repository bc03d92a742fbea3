/** From when on an agent's word about the end of its etcd's log may decide who goes on alone. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataKeeper } from "../../../agent-image/agent/etcd/data-keeper.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import type { EtcdData } from "../../../controller/model/agent-api.ts";
import { followerHealth, newBoard } from "../../support/agent/status-parts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { silentLog } from "../../support/silent-log.ts";

const MINUTE = 60_000;
const LEADERLESS = followerHealth({ leaderId: null });

/** A log of which the test says how far it goes, and how long a reading takes. */
class Log {
  end = 8;
  broken = false;
  readings = 0;
  private held: Promise<void> = Promise.resolve();

  /** The next reading ends when the returned function is called. */
  hold(): () => void {
    let release = () => {};
    this.held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async inspect(): Promise<EtcdData> {
    this.readings += 1;
    const seen: EtcdData = this.broken ? { state: "corrupt", reason: "crc" } : present(this.end);
    const { held } = this;
    this.held = Promise.resolve();
    await held;
    return seen;
  }
}

let log: Log;
let board: StatusBoard;
let clock: ManualClock;
let keeper: DataKeeper;

beforeEach(async () => {
  log = new Log();
  board = newBoard();
  clock = new ManualClock(2 * 60 * MINUTE);
  keeper = new DataKeeper({ data: log, board, clock, log: silentLog });
  await keeper.look();
});

afterEach(() => keeper.stop());

function present(raftIndex: number): EtcdData {
  return { state: "present", memberId: "a1", clusterId: "c1", raftIndex, raftTerm: 2 };
}

function due(raftIndex: number): EtcdData {
  return { ...present(raftIndex), readingDue: true } as EtcdData;
}

/** What was begun comes as far as it can without time passing. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(ms: number): Promise<void> {
  await settle();
  const end = clock.now() + ms;
  clock.after(ms, () => undefined);
  while (clock.now() < end && clock.next()) await settle();
}

describe("a reading of etcd's log", () => {
  test("is due as long as a silent etcd's own log tells of no lost leader", async () => {
    keeper.setHealth(followerHealth());
    log.end = 20;
    keeper.setHealth(null);
    await pass(MINUTE);
    expect(board.now.data).toEqual(due(8));
    log.end = 30;
    keeper.lostLeader();
    await pass(1_999);
    expect(board.now.data).toEqual(due(8));
    await pass(1);
    expect(board.now.data).toEqual(present(30));
  });

  test("is due after the end of an etcd that was silent before it", async () => {
    keeper.followed();
    keeper.setHealth(null);
    log.end = 20;
    keeper.ended();
    keeper.setHealth(null);
    await pass(2_001);
    expect(board.now.data).toEqual(present(20));
  });

  test("is not over with what was read while etcd ended", async () => {
    keeper.followed();
    keeper.lostLeader();
    const release = log.hold();
    await pass(2_000);
    log.end = 30;
    keeper.ended();
    keeper.learn("a1", "c1", 6);
    expect(board.now.data).toEqual(due(8));
    const stillHeld = log.hold();
    release();
    await settle();
    expect(board.now.data).toEqual(due(8));
    stillHeld();
    await pass(1);
    expect(board.now.data).toEqual(present(30));
  });

  test("is due while it is being read, though etcd has said meanwhile whose it is", async () => {
    keeper.ended();
    const release = log.hold();
    await pass(2_000);
    keeper.learn("a1", "c1", 6);
    expect(board.now.data).toEqual(due(8));
    release();
    await settle();
    expect(board.now.data).toEqual(present(8));
  });

  test("does not take the place of a later look at other data", async () => {
    keeper.ended();
    const release = log.hold();
    await pass(2_000);
    log.end = 3;
    await keeper.look();
    release();
    await pass(MINUTE);
    expect(board.now.data).toEqual(present(3));
  });

  test("is tried again when it fails, so often, and then what was read before has to do", async () => {
    keeper.setHealth(LEADERLESS);
    keeper.ended();
    log.broken = true;
    await pass(3_000);
    expect(board.now.data).toEqual(due(8));
    await pass(MINUTE);
    expect(board.now.data).toEqual({ ...present(8), readingDue: false });
    const { readings } = log;
    await pass(10 * MINUTE);
    expect(log.readings).toBe(readings);
    keeper.followed();
    log.broken = false;
    log.end = 20;
    keeper.lostLeader();
    await pass(2_000);
    expect(board.now.data).toEqual(present(20));
  });

  test("comes as soon as ever though the clock is set back by an hour", async () => {
    keeper.setHealth(followerHealth());
    log.end = 20;
    keeper.setHealth(LEADERLESS);
    clock.setBack(60 * MINUTE);
    for (let polls = 0; polls < 100; polls += 1) {
      await pass(50);
      keeper.setHealth(LEADERLESS);
    }
    expect(board.now.data).toEqual(present(20));
  });
});
