/**
 * One embedded Mesos a state directory. The lock is a file with the owner's process id and start
 * time, so that a lock left behind by `kill -9` is recognised even when the id is in use again.
 */
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

const TAKE_ATTEMPTS_MAX = 5;

export interface InstanceLock {
  release(): Promise<void>;
}

/** @throws OperationError STATE_LOCKED when another live process holds the directory */
export async function lockStateDir(stateDir: string): Promise<InstanceLock> {
  const path = join(stateDir, "lock");
  const owner = `${process.pid} ${await startTime(process.pid)} ${randomUUID()}\n`;
  const mine = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(mine, owner, { mode: 0o600, flag: "wx" });
  try {
    for (let attempt = 0; attempt < TAKE_ATTEMPTS_MAX; attempt += 1) {
      if (await linked(mine, path)) return { release: () => release(path, owner) };
      await removeIfStale(path, stateDir);
    }
    throw locked(stateDir, "another process is taking it at the same time");
  } finally {
    await rm(mine, { force: true });
  }
}

/** A hard link either makes the lock with its content or finds one there: atomic both ways. */
async function linked(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function removeIfStale(path: string, stateDir: string): Promise<void> {
  const seen = await contentOf(path);
  if (seen === null) return;
  const [pid = "", started = ""] = seen.split(" ");
  if ((await startTime(Number(pid))) === started && started !== "") {
    throw locked(stateDir, `process ${pid} runs on it`);
  }
  // Renamed away and looked at again: between the reading and now another process may have
  // taken the lock, and then it is put back.
  const aside = `${path}.stale.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if ((await contentOf(aside)) !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, owner: string): Promise<void> {
  if ((await contentOf(path)) === owner) await rm(path, { force: true });
}

async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Field 22 of /proc/PID/stat: when the process started. Empty when there is no such process. */
async function startTime(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 0) return "";
  const stat = await contentOf(`/proc/${pid}/stat`);
  if (stat === null) return isAlive(pid) ? "unknown" : "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** For systems without /proc. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function locked(stateDir: string, why: string): OperationError {
  return new OperationError(
    ERROR_CODES.STATE_LOCKED,
    "start embedded Mesos",
    `The state directory ${stateDir} is in use: ${why}. Stop that one, or choose another directory.`,
  );
}
