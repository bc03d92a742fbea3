/**
 * One embedded Mesos a state directory. Each process that wants it leaves a claim, a file whose
 * name says who it is, and then looks at the others': those of dead processes are removed, any
 * other means that the directory is taken.
 *
 * A claim's name is never used twice, so removing a dead one cannot hit a living one; that is what
 * a single lock file cannot give, where two may find it stale and the slower one removes the
 * lock of the quicker. Two that come at the same moment may both be refused, never both accepted.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

/** `lock.<process id>.<its start time>.<uuid>` */
const CLAIM = /^lock\.(\d+)\.([^.]+)\.[0-9a-f-]{36}$/;

export interface InstanceLock {
  release(): Promise<void>;
}

/** @throws OperationError STATE_LOCKED when another live process holds or takes the directory */
export async function lockStateDir(stateDir: string): Promise<InstanceLock> {
  const mine = `lock.${process.pid}.${await startTime(process.pid)}.${randomUUID()}`;
  const release = () => rm(join(stateDir, mine), { force: true });
  await writeFile(join(stateDir, mine), "", { mode: 0o600, flag: "wx" });
  try {
    const pid = await otherClaimant(stateDir, mine);
    if (pid === null) return { release };
    throw new OperationError(
      ERROR_CODES.STATE_LOCKED,
      "start embedded Mesos",
      `The state directory ${stateDir} is in use: process ${pid} runs on it. ` +
        "Stop that one, or choose another directory.",
    );
  } catch (error) {
    await release();
    throw error;
  }
}

async function otherClaimant(stateDir: string, mine: string): Promise<number | null> {
  for (const name of await readdir(stateDir)) {
    const match = CLAIM.exec(name);
    if (match === null || name === mine) continue;
    const pid = Number(match[1]);
    if ((await startTime(pid)) === match[2]) return pid;
    await rm(join(stateDir, name), { force: true });
  }
  return null;
}

/**
 * Field 22 of /proc/PID/stat: when the process started, so that a process id in use again is not
 * taken for the claimant. Empty when there is no such process; `unknown` where there is no /proc.
 */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return isAlive(pid) ? "unknown" : "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
