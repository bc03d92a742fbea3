/** The token with which this user's commands prove themselves to this user's controller. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { readStateFile, writeStateFile } from "../support/files/state-file.ts";

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Made once, then always the same. A damaged one is made anew: nothing rests on its value. */
export async function ensureControlToken(stateDir: string): Promise<string> {
  const existing = (await readStateFile(tokenPath(stateDir)))?.trim();
  if (existing !== undefined && TOKEN.test(existing)) return existing;
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  await writeStateFile(tokenPath(stateDir), `${token}\n`);
  return token;
}

/** @throws OperationError ERR_CONTROLLER_UNREACHABLE when no controller ever ran on it */
export async function readControlToken(stateDir: string): Promise<string> {
  const path = tokenPath(stateDir);
  const token = (await readStateFile(path))?.trim();
  if (token !== undefined && TOKEN.test(token)) return token;
  const message =
    `There is no control token at ${path}: no controller has run with this state directory. ` +
    "Start one with `jupyter-cluster up`, or name its directory with --state-dir.";
  throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "read the control token", message);
}

function tokenPath(stateDir: string): string {
  return join(stateDir, "control-token");
}
