/** The slot's SSH keys: made once, kept on its volume, never in an image. */
import { chmod, chown, mkdir, rm } from "node:fs/promises";
import { HOST_KEY_FILE, SSH_KEY_DIR, USER_KEY_FILE } from "../paths.ts";
import { readIfThere } from "../system/atomic-file.ts";
import { runCommand } from "../system/run-command.ts";
import type { User } from "../system/user.ts";

/** Public key lines without their comments (`ssh-ed25519 AAAA…`). */
export interface SshKeys {
  readonly userKey: string;
  readonly hostKey: string;
}

/** Idempotent: keys that are there and whole are kept. */
export async function ensureSshKeys(user: User): Promise<SshKeys> {
  // The user passes through to the user key; the host key is root's alone.
  await mkdir(SSH_KEY_DIR, { recursive: true, mode: 0o711 });
  await chmod(SSH_KEY_DIR, 0o711);
  const [hostKey, userKey] = await Promise.all([
    ensureKey(HOST_KEY_FILE),
    ensureKey(USER_KEY_FILE),
  ]);
  await chown(USER_KEY_FILE, user.uid, user.gid);
  return { hostKey, userKey };
}

/** The public half is written last by ssh-keygen: a key without it was interrupted. */
async function ensureKey(path: string): Promise<string> {
  const there = publicKeyOf(await readIfThere(`${path}.pub`));
  if (there !== null && (await readIfThere(path)) !== null) return there;
  await rm(path, { force: true });
  await rm(`${path}.pub`, { force: true });
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "jupyter-cluster", "-f", path];
  await runCommand("/usr/bin/ssh-keygen", args, { timeoutMs: 10_000 });
  const made = publicKeyOf(await readIfThere(`${path}.pub`));
  if (made === null) throw new Error(`ssh-keygen left no public key at ${path}.pub`);
  return made;
}

function publicKeyOf(line: string | null): string | null {
  return /^(ssh-ed25519 [A-Za-z0-9+/=]+)(?:\s|$)/.exec(line ?? "")?.[1] ?? null;
}
