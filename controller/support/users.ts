/** Users of this machine by name, and which of them something belongs to. */
import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";

/** In `/proc/net/tcp`: a socket that listens. */
const LISTENS = "0A";

/** The name of who runs this process, or its number where the system has no name for it. */
export function thisUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry, as in some containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** Whose a file, a directory or a process (`/proc/<pid>`) is; null: it cannot be told. */
export async function ownerOfPath(path: string): Promise<string | null> {
  try {
    return await userName((await stat(path)).uid);
  } catch {
    // It is gone, or this user may not even look: what needs it says so itself.
    return null;
  }
}

/** Who listens on a TCP port of this machine; null: nobody, or the system does not tell. */
export async function userOfPort(port: number): Promise<string | null> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await textOf(table)).split("\n")) {
      const fields = line.trim().split(/\s+/);
      const [, local = "", , state] = fields;
      if (state === LISTENS && local.endsWith(suffix)) return userName(Number(fields[7]));
    }
  }
  return null;
}

/** The number itself where the system has no name for it. */
async function userName(uid: number): Promise<string> {
  const lines = (await textOf("/etc/passwd")).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([, , id]) => id === String(uid));
  return fields?.[0] ?? `uid ${uid}`;
}

/** Empty where the system has no such file. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}
