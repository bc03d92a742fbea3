import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataDir } from "../../../agent-image/agent/etcd/data-dir.ts";
import { DataKeeper } from "../../../agent-image/agent/etcd/data-keeper.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import type { EtcdData } from "../../../controller/model/agent-api.ts";
import { followerHealth, newBoard } from "../../support/agent/status-parts.ts";
import { segmentName, SegmentBytes } from "../../support/agent/wal-bytes.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let volume: string;
let board: StatusBoard;
let clock: ManualClock;
let keeper: DataKeeper;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "keeper-"));
  const data = new DataDir(nodeFiles, join(volume, "etcd"), join(volume, "identity.json"), owner);
  await data.prepare();
  board = newBoard();
  clock = new ManualClock(1_000);
  keeper = new DataKeeper({ data, board, clock, log: silentLog });
  await writeLog(8);
  await keeper.look();
});

afterEach(async () => {
  await keeper.stop();
  await rm(volume, { recursive: true });
});

async function writeLog(lastIndex: number): Promise<void> {
  const directory = join(volume, "etcd/member/wal");
  await mkdir(directory, { recursive: true });
  const log = new SegmentBytes().metadata(0xa1n, 0xc1n).state(2, 6).entry(lastIndex, 2);
  await writeFile(join(directory, segmentName(0, 0)), log.bytes(4096));
}

function present(raftIndex: number, raftTerm = 2): EtcdData {
  return { state: "present", memberId: "a1", clusterId: "c1", raftIndex, raftTerm };
}

/** Told before the log may have grown. */
const before = (data: EtcdData): EtcdData => ({ ...data, readingDue: true }) as EtcdData;

/** Moves the clock until the status tells this. */
function untilTold(data: EtcdData): Promise<unknown> {
  const told = () => isDeepStrictEqual(board.now.data, data);
  return until(JSON.stringify(data), () => told() || (clock.next() && told()));
}

describe("what lies in the data directory", () => {
  test("is told as it was read, however the log grows under a leader", async () => {
    await writeLog(20);
    for (let poll = 0; poll < 5; poll += 1) keeper.setHealth(followerHealth());
    expect(board.now.data).toEqual(before(present(8)));
  });

  test("is to be read again as soon as etcd's log tells of a leader, though etcd never answers", async () => {
    keeper.followed();
    expect(board.now.data).toEqual(before(present(8)));
    await writeLog(20);
    keeper.lostLeader();
    await untilTold(present(20));
  });

  test("is read again when there has been no leader for a while", async () => {
    keeper.setHealth(followerHealth());
    await writeLog(20);
    const since = clock.now();
    keeper.setHealth(followerHealth({ leaderId: null }));
    await untilTold(present(20));
    expect(clock.now() - since).toBeGreaterThanOrEqual(2_000);
  });

  test("is read again when etcd has ended", async () => {
    await writeLog(20);
    keeper.ended();
    await untilTold(present(20));
  });

  test("is as far as etcd says, when it is new to us", () => {
    board.update({ data: { state: "empty" } });
    keeper.learn("a1", "c1", 3);
    expect(board.now.data).toEqual(present(3, 0));
  });

  test("keeps the end of its log when etcd tells its commit index", () => {
    keeper.learn("a1", "c1", 6);
    expect(board.now.data).toEqual(present(8));
  });

  test("is corrupt, with the first reason, until etcd serves again", async () => {
    keeper.giveUp("invalid database");
    keeper.giveUp("failed to open database");
    keeper.learn("a1", "c1", 6);
    keeper.ended();
    for (let i = 0; i < 5; i += 1) clock.next();
    expect(board.now.data).toEqual({ state: "corrupt", reason: "invalid database" });
    keeper.setHealth(followerHealth());
    expect(board.now.data).toEqual(before(present(12)));
  });
});
