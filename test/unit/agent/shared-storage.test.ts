/** The probe of the shared directory, run by a real shell: users of it may put anything there. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SharedStorage } from "../../../agent-image/agent/storage/shared-storage.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { silentLog } from "../../support/silent-log.ts";

const run = promisify(execFile);
let directory: string;
let storage: SharedStorage;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "shared-storage-"));
});

afterEach(async () => {
  await storage.stop();
  await rm(directory, { recursive: true });
});

async function probed() {
  const board = newBoard();
  const mounts = `1 2 0:1 / ${directory} rw - ext4 /dev/x rw\n`;
  storage = new SharedStorage({
    clock: systemClock,
    log: silentLog,
    files: { read: () => Promise.resolve(mounts) } as never,
    processes: {
      run: async (file: string, args: string[]) => void (await run(file, args)),
    } as never,
    storage: { mountPath: directory },
    slot: 1,
    board,
  });
  await storage.start({ name: "admin", uid: 1000, gid: 1000 } as never);
  await storage.stop();
  return board.status().storage;
}

describe("the shared directory is ready", () => {
  test("when a file can be written, read and removed; nothing stays", async () => {
    expect((await probed()).ready).toBe(true);
    expect(await readdir(directory)).toEqual([]);
  });

  test("also when somebody has made a directory where the probe's file was", async () => {
    await mkdir(join(directory, ".jupyter-cluster-probe-1"));
    await mkdir(join(directory, ".jupyter-cluster-probe-1.abcdef"));
    expect((await probed()).ready).toBe(true);
  });

  test("also when a link is there; what it leads to is not written", async () => {
    const victim = join(directory, "victim");
    await writeFile(victim, "mine");
    await symlink(victim, join(directory, ".jupyter-cluster-probe-1"));
    expect((await probed()).ready).toBe(true);
    expect((await readdir(directory)).toSorted()).toEqual([".jupyter-cluster-probe-1", "victim"]);
    expect((await run("cat", [victim])).stdout).toBe("mine");
  });

  test("and what a probe left that was killed goes", async () => {
    await writeFile(join(directory, ".jupyter-cluster-probe-1.abcdef"), "");
    expect((await probed()).ready).toBe(true);
    expect(await readdir(directory)).toEqual([]);
  });
});
