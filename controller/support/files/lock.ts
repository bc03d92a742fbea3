/**
 * Only one process uses a state directory. The lock is the file `lock.<n>` with the highest n;
 * it is held by the process that it names as long as that lives.
 *
 * A lock is never removed to be taken over, for then two that want it could each remove the
 * other's new one: the next number is linked into place, which only one of them can do.
 */
import { randomBytes } from "node:crypto";
import { link, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { codeOf, FILE_MODE } from "./durable-file.ts";
import { ownerOfPath } from "../users.ts";
import { guarded } from "./state-file.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** Rounds in which somebody else was quicker. */
const ROUNDS_MAX = 20;
const LOCK_NAME = /^lock\.(\d+)$/;

interface LockContent extends ProcessIdentity {
  readonly released: boolean;
}

export interface DirectoryLock {
  /** Higher than that of every lock before it. */
  readonly number: number;
  release(): Promise<void>;
}

/**
 * @param what runs on the directory, as people know it, e.g. `a controller`
 * @throws OperationError ERR_STATE_LOCKED naming the pid of the holder
 */
export function acquireLock(directory: string, what: string): Promise<DirectoryLock> {
  return guarded(directory, async () => {
    const identity = await ownIdentity();
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const highest = await highestLock(directory);
      const holder = highest === 0 ? null : await holderOf(directory, highest);
      if (holder !== null) throw await locked(directory, what, holder);
      const mine = highest + 1;
      if (!(await linkLock(directory, mine, { ...identity, released: false }))) continue;
      // With an old list in hand a number below the highest may have been free again.
      if ((await highestLock(directory)) === mine) {
        await removeBelow(directory, mine);
        return { number: mine, release: () => release(directory, mine, identity) };
      }
      await unlink(lockPath(directory, mine));
    }
    throw await locked(directory, what, null);
  });
}

/** Who holds the lock now; null: nobody. Takes nothing. */
export function lockHolder(
  directory: string,
): Promise<{ readonly number: number; readonly pid: number } | null> {
  return guarded(directory, async () => {
    const number = await highestLock(directory);
    const holder = number === 0 ? null : await holderOf(directory, number);
    return holder === null ? null : { number, pid: holder.pid };
  });
}

/** Takes nothing. @throws OperationError ERR_STATE_LOCKED as {@link acquireLock} does */
export function requireUnlocked(directory: string, what: string): Promise<void> {
  return guarded(directory, async () => {
    const holder = await holderOf(directory, await highestLock(directory));
    if (holder !== null) throw await locked(directory, what, holder);
  });
}

/** 0 when nobody ever locked the directory. */
async function highestLock(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** null when the lock is free: given back, or its process is gone. */
async function holderOf(directory: string, number: number): Promise<ProcessIdentity | null> {
  let text: string;
  try {
    text = await readFile(lockPath(directory, number), "utf8");
  } catch (error) {
    // Removed by the next holder, whose lock the next round finds.
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
  const content = parse(text);
  if (content === null || content.released) return null;
  return (await isAlive(content)) ? content : null;
}

/** A lock is linked into place whole; one that cannot be read was damaged with the disk. */
function parse(text: string): LockContent | null {
  try {
    const value = JSON.parse(text) as Partial<LockContent> | null;
    return typeof value?.pid === "number" ? (value as LockContent) : null;
  } catch {
    return null;
  }
}

/** False when this number is taken already. */
async function linkLock(directory: string, number: number, content: LockContent): Promise<boolean> {
  const temporary = await writeTemporary(directory, content);
  try {
    await link(temporary, lockPath(directory, number));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

/** The file stays, for the numbers must go on growing. */
async function release(
  directory: string,
  number: number,
  identity: ProcessIdentity,
): Promise<void> {
  await guarded(directory, async () => {
    const temporary = await writeTemporary(directory, { ...identity, released: true });
    await rename(temporary, lockPath(directory, number));
  });
}

async function writeTemporary(directory: string, content: LockContent): Promise<string> {
  const path = join(directory, `.lock-${randomBytes(6).toString("hex")}`);
  await writeFile(path, JSON.stringify(content), { mode: FILE_MODE, flag: "wx" });
  return path;
}

async function removeBelow(directory: string, number: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const other = Number(LOCK_NAME.exec(name)?.[1] ?? number);
    if (other < number) await unlink(join(directory, name));
  }
}

function lockPath(directory: string, number: number): string {
  return join(directory, `lock.${number}`);
}

async function locked(
  directory: string,
  what: string,
  holder: ProcessIdentity | null,
): Promise<OperationError> {
  const user = holder === null ? null : await ownerOfPath(`/proc/${holder.pid}`);
  const of = user === null ? "" : ` of ${user}`;
  const who = holder === null ? "Another process" : `Process ${holder.pid}${of}`;
  const message =
    `${who} already runs ${what} on ${directory}. ` +
    `Stop it, or choose another directory with --state-dir.`;
  return new OperationError(ERROR_CODES.STATE_LOCKED, `lock ${directory}`, message);
}
