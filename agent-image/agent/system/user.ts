/** Users of the container, from /etc/passwd. */
import type { Files } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";

const PASSWD_FILE = "/etc/passwd";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** @throws Error when there is no such user */
export async function lookUpUser(files: Files, name: string): Promise<User> {
  const user = await findUser(files, name);
  if (user === null) throw new Error(`no user ${name} in ${PASSWD_FILE}`);
  return user;
}

/** The normal user that people log in as; made when the image does not have it. */
export async function ensureUser(
  { files, processes }: Pick<AgentPorts, "files" | "processes">,
  name: string,
): Promise<User> {
  const there = await findUser(files, name);
  if (there !== null) return there;
  // `*` is no password, and unlike `!` it does not count as a locked account for sshd.
  const args = ["--create-home", "--shell", "/bin/bash", "--password", "*", name];
  await processes.run("/usr/sbin/useradd", args, { timeoutMs: 10_000 });
  return lookUpUser(files, name);
}

async function findUser(files: Files, name: string): Promise<User | null> {
  return parsePasswd((await files.read(PASSWD_FILE)) ?? "", name);
}

function parsePasswd(passwd: string, name: string): User | null {
  for (const line of passwd.split("\n")) {
    const [user, , uid, gid, , home] = line.split(":");
    if (user === name && uid !== undefined && gid !== undefined && home !== undefined) {
      return { name, uid: Number(uid), gid: Number(gid), home };
    }
  }
  return null;
}
