/** The slot's SSH keys: made once, kept on its volume, never in an image. */
import { HOST_KEY_FILE, SSH_KEY_DIR, USER_KEY_FILE } from "../paths.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { User } from "../system/user.ts";

/** Public key lines without their comments (`ssh-ed25519 AAAA…`). */
export interface SshKeys {
  readonly userKey: string;
  readonly hostKey: string;
}

type Ports = Pick<AgentPorts, "files" | "processes">;

/** Idempotent: keys that are there and whole are kept. */
export async function ensureSshKeys(ports: Ports, user: User): Promise<SshKeys> {
  const { files } = ports;
  // The user passes through to the user key; the host key is root's alone.
  await files.makeDirectory(SSH_KEY_DIR, 0o711);
  await files.chmod(SSH_KEY_DIR, 0o711);
  const [hostKey, userKey] = await Promise.all([
    ensureKey(ports, HOST_KEY_FILE),
    ensureKey(ports, USER_KEY_FILE),
  ]);
  await files.chown(USER_KEY_FILE, user);
  return { hostKey, userKey };
}

/** The public half is written last by ssh-keygen: a key without it was interrupted. */
async function ensureKey({ files, processes }: Ports, path: string): Promise<string> {
  const there = publicKeyOf(await files.read(`${path}.pub`));
  if (there !== null && (await files.read(path)) !== null) return there;
  await files.remove(path);
  await files.remove(`${path}.pub`);
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "jupyter-cluster", "-f", path];
  await processes.run("/usr/bin/ssh-keygen", args, { timeoutMs: 10_000 });
  const made = publicKeyOf(await files.read(`${path}.pub`));
  if (made === null) throw new Error(`ssh-keygen left no public key at ${path}.pub`);
  return made;
}

function publicKeyOf(line: string | null): string | null {
  return /^(ssh-ed25519 [A-Za-z0-9+/=]+)(?:\s|$)/.exec(line ?? "")?.[1] ?? null;
}
