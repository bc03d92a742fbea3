/** Users of the container, from /etc/passwd. */
import { readFile } from "node:fs/promises";
import { runCommand } from "./run-command.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** @throws Error when there is no such user */
export async function lookUpUser(name: string): Promise<User> {
  const user = parsePasswd(await readFile("/etc/passwd", "utf8"), name);
  if (user === null) throw new Error(`no user ${name} in /etc/passwd`);
  return user;
}

/** The normal user that people log in as; made when the image does not have it. */
export async function ensureUser(name: string): Promise<User> {
  const there = parsePasswd(await readFile("/etc/passwd", "utf8"), name);
  if (there !== null) return there;
  // `*` is no password, and unlike `!` it does not count as a locked account for sshd.
  const args = ["--create-home", "--shell", "/bin/bash", "--password", "*", name];
  await runCommand("/usr/sbin/useradd", args, { timeoutMs: 10_000 });
  return lookUpUser(name);
}

export function parsePasswd(passwd: string, name: string): User | null {
  for (const line of passwd.split("\n")) {
    const [user, , uid, gid, , home] = line.split(":");
    if (user === name && uid !== undefined && gid !== undefined && home !== undefined) {
      return { name, uid: Number(uid), gid: Number(gid), home };
    }
  }
  return null;
}
