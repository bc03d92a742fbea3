import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataDir } from "../../../agent-image/agent/etcd/data-dir.ts";
import { parseIdentity } from "../../../agent-image/agent/etcd/identity.ts";
import { isMountPoint } from "../../../agent-image/agent/system/shared-storage.ts";

const IDENTITY = { memberId: "aab98c34a6b7081e", clusterId: "8d09", raftIndex: 7, raftTerm: 2 };

let volume: string;
let data: DataDir;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "data-"));
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  data = new DataDir(join(volume, "etcd"), join(volume, "identity.json"), owner);
  await data.prepare();
});

afterEach(() => rm(volume, { recursive: true }));

async function writeLog(): Promise<void> {
  await mkdir(join(volume, "etcd/member/wal"), { recursive: true });
  await writeFile(join(volume, "etcd/member/wal/0.wal"), "");
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

  test("tells whose data it holds", async () => {
    await writeLog();
    expect(await data.inspect()).toEqual({
      state: "present",
      memberId: null,
      clusterId: null,
      raftIndex: 0,
    });
    await data.writeIdentity(IDENTITY);
    const { memberId, clusterId, raftIndex } = IDENTITY;
    expect(await data.inspect()).toEqual({ state: "present", memberId, clusterId, raftIndex });
  });

  test("is empty after a wipe, and nothing else is left", async () => {
    await writeLog();
    await data.writeIdentity(IDENTITY);
    await data.wipe();
    expect(await data.inspect()).toEqual({ state: "empty" });
    expect(await readdir(volume)).toEqual(["etcd"]);
    expect(await readdir(data.path)).toEqual([]);
  });

  test("whose wipe was interrupted is wiped to the end", async () => {
    await mkdir(join(volume, "etcd.trash/member"), { recursive: true });
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
