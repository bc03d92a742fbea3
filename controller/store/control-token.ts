/** The token with which this user's commands prove themselves to this user's controller. */
import { randomBytes } from "node:crypto";
import { link, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { codeOf, FILE_MODE, syncDirectory, unlinkIfThere } from "../support/files/durable-file.ts";
import { guarded, readStateFile, writeStateFile } from "../support/files/state-file.ts";

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Made once, then always the same, also when two processes want it at the same moment. A damaged
 * one is made anew: nothing rests on its value.
 */
export async function ensureControlToken(stateDir: string): Promise<string> {
  const path = tokenPath(stateDir);
  const existing = (await readStateFile(path))?.trim();
  if (isControlToken(existing)) return existing;
  const token = newControlToken();
  if (existing !== undefined) await writeStateFile(path, `${token}\n`);
  else if (!(await linkToken(path, token))) return ensureControlToken(stateDir);
  return token;
}

function newControlToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

export function isControlToken(text: string | undefined): text is string {
  return text !== undefined && TOKEN.test(text);
}

/** The one that the controllers of a site share takes the place of this host's own. */
export async function writeControlToken(stateDir: string, token: string): Promise<void> {
  await writeStateFile(tokenPath(stateDir), `${token}\n`);
}

/** False when there is one already. */
function linkToken(path: string, token: string): Promise<boolean> {
  return guarded(path, async () => {
    const temporary = `${path}.${randomBytes(6).toString("hex")}`;
    try {
      await writeFile(temporary, `${token}\n`, { mode: FILE_MODE, flag: "wx", flush: true });
      await link(temporary, path);
      await syncDirectory(dirname(path));
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await unlinkIfThere(temporary);
    }
  });
}

/** @throws OperationError ERR_CONTROLLER_UNREACHABLE when no controller ever ran on it */
export async function readControlToken(stateDir: string): Promise<string> {
  const path = tokenPath(stateDir);
  const token = (await readStateFile(path))?.trim();
  if (isControlToken(token)) return token;
  const message =
    `There is no control token at ${path}: no controller has run with this state directory. ` +
    "Start one with `jupyter-cluster up`, or name its directory with --state-dir. Where controllers share " +
    "an etcd of the site, each host of one has the token.";
  throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "read the control token", message);
}

function tokenPath(stateDir: string): string {
  return join(stateDir, "control-token");
}
