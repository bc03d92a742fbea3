import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeData } from "../../../agent-image/agent/etcd/data-changes.ts";
import { DataDir } from "../../../agent-image/agent/etcd/data-dir.ts";
import { DataKeeper } from "../../../agent-image/agent/etcd/data-keeper.ts";
import { IdentityKeeper } from "../../../agent-image/agent/etcd/identity-keeper.ts";
import type { StartPlan } from "../../../agent-image/agent/etcd/start-rules.ts";
import type { Files } from "../../../agent-image/agent/ports/files.ts";
import type { Processes } from "../../../agent-image/agent/ports/processes.ts";
import { SnapshotStage } from "../../../agent-image/agent/snapshot/snapshot-stage.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import { nodeProcesses } from "../../../agent-image/agent/system/node-processes.ts";
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { segmentName, SegmentBytes } from "../../support/agent/wal-bytes.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { silentLog } from "../../support/silent-log.ts";

const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const FORCE: StartPlan = { wipe: false, restore: null, force: true };
const ORDER: StartCommand = {
  commandId: "t:1",
  etcd: { mode: "force-new-cluster", memberName: "slot-0", clusterId: "c1" },
  tls: null,
  jupyter: { token: "t", cookieSecret: "c" },
};

let volume: string;
let board: StatusBoard;
let version: string;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "changes-"));
  board = newBoard();
  version = "3.5.16";
});

afterEach(() => rm(volume, { recursive: true }));

/** Entry 7 is in the log, and no commit of it was heard of. */
async function writeLog(): Promise<string> {
  const file = join(volume, "etcd/member/wal", segmentName(0, 0));
  await mkdir(join(volume, "etcd/member/wal"), { recursive: true });
  const log = new SegmentBytes().metadata(0xa1n, 0xc1n).state(2, 6).entry(7, 2);
  await writeFile(file, log.bytes(4096));
  return file;
}

async function force(files: Files = nodeFiles): Promise<void> {
  const processes: Processes = {
    ...nodeProcesses,
    run: () => Promise.resolve(`etcd Version: ${version}\n`),
  };
  const data = new DataDir(files, join(volume, "etcd"), join(volume, "identity.json"), user);
  const clock = new ManualClock(0);
  const common = { board, clock, log: silentLog, data, processes };
  const keeper = new DataKeeper(common);
  const identity = new IdentityKeeper(common, null);
  const stage = new SnapshotStage({ files, processes }, join(volume, "restore"), () => undefined);
  const options = { ...common, keeper, identity, stage, user };
  await changeData(ORDER, FORCE, false, options);
}

describe("before a member is forced to go on alone", () => {
  test("the end of its log is committed, and there is nothing to tell", async () => {
    const file = await writeLog();
    await force();
    const kept = new SegmentBytes().metadata(0xa1n, 0xc1n).state(2, 6).entry(7, 2).state(2, 7);
    expect(await readFile(file)).toEqual(kept.bytes(4096));
    expect(board.status().problems).toEqual([]);
  });

  test("a log that cannot be read is left to etcd, and it is told that writes may be lost", async () => {
    const file = await writeLog();
    const bytes = await readFile(file);
    bytes[bytes.indexOf("entry 7")] = 0;
    await writeFile(file, bytes);
    await force();
    expect(await readFile(file)).toEqual(bytes);
    expect(board.status().problems).toEqual([
      expect.stringMatching(/^the last writes before the recovery may be lost: .*crc mismatch/),
    ]);
  });

  test("the log of an unknown etcd is left to it, and it is told; the next command begins anew", async () => {
    const file = await writeLog();
    const before = await readFile(file);
    version = "3.6.1";
    await force();
    expect(await readFile(file)).toEqual(before);
    expect(board.status().problems).toEqual([
      expect.stringMatching(/may be lost: etcd is 3\.6\.1, and only the log of 3\.5/),
    ]);
    version = "3.5.16";
    await force();
    expect(board.status().problems).toEqual([]);
  });

  test.each(["ENOSPC", "EIO", "EACCES"])(
    "%s fails the command, for it may go away",
    async (code) => {
      const file = await writeLog();
      const before = await readFile(file);
      const open: Files["open"] = (path, access) =>
        access === "r"
          ? nodeFiles.open(path, access)
          : Promise.reject(Object.assign(new Error(code), { code }));
      await expect(force({ ...nodeFiles, open })).rejects.toThrow(code);
      expect(await readFile(file)).toEqual(before);
      expect(board.status().problems).toEqual([]);
    },
  );
});
