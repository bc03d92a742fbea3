import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { openStateDir, type StateDir } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";

let path: string;
let opened: StateDir[];
const children: ChildProcess[] = [];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "store-lock-test-"));
  opened = [];
});

afterEach(async () => {
  for (const state of opened) await state.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(path, { recursive: true });
});

async function open(): Promise<StateDir> {
  const state = await openStateDir(path, { log: silentLog });
  opened.push(state);
  return state;
}

describe("the lock", () => {
  it("keeps a second controller out while the first one runs, naming its pid", async () => {
    await open();
    await expect(open()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_LOCKED,
      message: expect.stringContaining(`Process ${process.pid} `),
    });
  });

  it("lets only one of many in at the same time, and one after another each", async () => {
    for (let round = 0; round < 5; round += 1) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => open()));
      const won = tries.filter((result) => result.status === "fulfilled");
      expect(won.length).toBe(1);
      for (const result of tries) {
        if (result.status === "rejected") {
          expect(result.reason).toMatchObject({ code: ERROR_CODES.STATE_LOCKED });
        }
      }
      await opened.pop()?.close();
    }
    expect((await readdir(path)).filter((name) => name.startsWith("lock."))).toHaveLength(1);
  });

  /** The lock file as the process `pid` would have left it. */
  async function leaveLock(over: object): Promise<void> {
    await open();
    const name = (await readdir(path)).find((file) => file.startsWith("lock.")) ?? "";
    const held = JSON.parse(await readFile(join(path, name), "utf8")) as object;
    opened = [];
    await writeFile(join(path, name), JSON.stringify({ ...held, ...over }));
  }

  it("is taken over from a process that is dead", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    await leaveLock({ pid: child.pid });
    await open();
  });

  it("is taken over when another process has the pid now", async () => {
    await leaveLock({ startTicks: "1" });
    await open();
  });

  it("is taken over after a reboot", async () => {
    await leaveLock({ bootId: "another" });
    await open();
  });

  it("is not taken over from a living process", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    children.push(child);
    await leaveLock({ pid: child.pid, startTicks: null });
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining(`${child.pid}`),
    });
  });

  it("is taken over when it cannot be read", async () => {
    await leaveLock({});
    const name = (await readdir(path)).find((file) => file.startsWith("lock.")) ?? "";
    await writeFile(join(path, name), "\0\0\0\0");
    await open();
  });
});
