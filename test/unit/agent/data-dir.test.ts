import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataDir } from "../../../agent-image/agent/etcd/data-dir.ts";
import { parseIdentity } from "../../../agent-image/agent/etcd/identity.ts";
import { isMountPoint } from "../../../agent-image/agent/storage/mount-table.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import { SegmentBytes, segmentName } from "../../support/agent/wal-bytes.ts";

const IDENTITY = { memberId: "aab98c34a6b7081e", clusterId: "8d09", forcedBy: "task:1" };

let volume: string;
let data: DataDir;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "data-"));
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  data = new DataDir(nodeFiles, join(volume, "etcd"), join(volume, "identity.json"), owner);
  await data.prepare();
});

afterEach(() => rm(volume, { recursive: true }));

/** Where etcd keeps its log. */
function logFile(): string {
  return join(volume, "etcd/member/wal", segmentName(0, 0));
}

async function writeLog(): Promise<void> {
  await mkdir(join(volume, "etcd/member/wal"), { recursive: true });
  const log = new SegmentBytes().metadata(0xaab98c34a6b7081en, 0x8d09n).state(2, 6).entry(7, 2);
  await writeFile(logFile(), log.bytes(4096));
}

describe("the data directory", () => {
  test("is etcd's alone", async () => {
    expect((await stat(data.path)).mode & 0o777).toBe(0o700);
  });

  test("is empty before the first start, and without a write-ahead log too", async () => {
    expect(await data.inspect()).toEqual({ state: "empty" });
    await mkdir(join(volume, "etcd/member/snap"), { recursive: true });
    await data.writeIdentity(IDENTITY);
    expect(await data.inspect()).toEqual({ state: "empty" });
  });

  test("tells whose data it holds, and how far its log goes", async () => {
    await writeLog();
    expect(await data.inspect()).toEqual({
      state: "present",
      memberId: "aab98c34a6b7081e",
      clusterId: "8d09",
      raftIndex: 7,
      raftTerm: 2,
    });
  });

  test("is corrupt when its log is", async () => {
    await writeLog();
    const bytes = await readFile(logFile());
    bytes[bytes.indexOf("entry 7")] = 0;
    await writeFile(logFile(), bytes);
    expect(await data.inspect()).toMatchObject({
      state: "corrupt",
      reason: expect.stringContaining("crc mismatch"),
    });
  });

  test("without a log is cleared of what else was left", async () => {
    await mkdir(join(volume, "etcd/member/snap"), { recursive: true });
    await data.clearRemains();
    expect(await readdir(data.path)).toEqual([]);
  });

  test("is replaced as a whole", async () => {
    await writeLog();
    await data.writeIdentity(IDENTITY);
    await data.replace((directory) =>
      mkdir(join(directory, "member/wal"), { recursive: true }).then(() => undefined),
    );
    expect(await data.inspect()).toEqual({ state: "empty" });
    expect(await readdir(volume)).toEqual(["etcd"]);
    expect(await readdir(data.path)).toEqual(["member"]);
  });

  test("stays as it was when its successor cannot be made", async () => {
    await writeLog();
    const failing = data.replace(() => Promise.reject(new Error("disk full")));
    await expect(failing).rejects.toThrow("disk full");
    expect(await data.inspect()).toMatchObject({ state: "present", raftIndex: 7 });
  });

  test("is empty after a wipe, and nothing else is left", async () => {
    await writeLog();
    await data.writeIdentity(IDENTITY);
    await data.wipe();
    expect(await data.inspect()).toEqual({ state: "empty" });
    expect(await readdir(volume)).toEqual(["etcd"]);
    expect(await readdir(data.path)).toEqual([]);
  });

  test("whose wipe or replacement was interrupted is tidied up", async () => {
    for (const left of ["etcd.trash/member", "etcd.new/member"]) {
      await mkdir(join(volume, left), { recursive: true });
    }
    await data.prepare();
    expect(await readdir(volume)).toEqual(["etcd"]);
  });

  test("that is no directory cannot be used", async () => {
    await mkdir(join(volume, "etcd/member"), { recursive: true });
    await writeFile(join(volume, "etcd/member/wal"), "");
    expect(await data.inspect()).toMatchObject({ state: "corrupt" });
  });
});

test("an identity file that we did not write tells nothing", () => {
  expect(parseIdentity("")).toBeNull();
  expect(parseIdentity('{"memberId":"xyz"}')).toBeNull();
  expect(parseIdentity(JSON.stringify({ ...IDENTITY, forcedBy: 1 }))).toBeNull();
  expect(parseIdentity(JSON.stringify({ ...IDENTITY, forcedBy: undefined }))).toBeNull();
  expect(parseIdentity(JSON.stringify(IDENTITY))).toEqual(IDENTITY);
});

test("a mount point is found by its path, blanks included", () => {
  const mounts = [
    "30 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "31 30 8:1 /vol /home/shared rw - ext4 /dev/sda1 rw",
    "32 30 8:1 /x /mnt/a\\040b rw - ext4 /dev/sda1 rw",
  ].join("\n");
  expect(isMountPoint(mounts, "/home/shared")).toBe(true);
  expect(isMountPoint(mounts, "/home/shared/")).toBe(true);
  expect(isMountPoint(mounts, "/mnt/a b")).toBe(true);
  expect(isMountPoint(mounts, "/home")).toBe(false);
});
