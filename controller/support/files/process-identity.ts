/** Which process it is: a pid alone is used again by others. */
import { readFile } from "node:fs/promises";

export interface ProcessIdentity {
  readonly pid: number;
  /** In ticks since boot (proc(5), field 22); null where the system does not tell. */
  readonly startTicks: string | null;
  /** Changes with each boot; null where the system does not tell. */
  readonly bootId: string | null;
}

export function ownIdentity(): Promise<ProcessIdentity> {
  return identityOf(process.pid);
}

/** Of a process that lives. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return { pid, startTicks: await startTicksOf(pid), bootId: await bootId() };
}

/** In doubt it lives: a lock is taken over only from a process that is certainly gone. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const boot = await bootId();
  if (boot !== null && identity.bootId !== null && boot !== identity.bootId) return false;
  if (!signalReaches(identity.pid)) return false;
  const ticks = await startTicksOf(identity.pid);
  return ticks === null || identity.startTicks === null || ticks === identity.startTicks;
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function startTicksOf(pid: number): Promise<string | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, and may hold brackets and spaces itself.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[19] ?? null;
}

async function bootId(): Promise<string | null> {
  return (await readOrNull("/proc/sys/kernel/random/boot_id"))?.trim() ?? null;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // No such process, or no /proc on this system: both mean that it is not told.
    return null;
  }
}
