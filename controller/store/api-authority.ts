/** The key of the authority that the API's clients trust. */
import { createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { readStateFile, writeStateFile } from "../support/files/state-file.ts";

/**
 * Made once, then always the same. A damaged one is made anew: its clients get another kubeconfig.
 *
 * @param newKey makes one; PEM
 */
export async function ensureApiAuthorityKey(
  stateDir: string,
  newKey: () => string,
): Promise<string> {
  const existing = await readKey(stateDir);
  if (existing !== null) return existing;
  const key = newKey();
  await writeStateFile(keyPath(stateDir), key);
  return key;
}

/** @throws OperationError ERR_CONTROLLER_UNREACHABLE when no controller ever ran on it */
export async function readApiAuthorityKey(stateDir: string): Promise<string> {
  const key = await readKey(stateDir);
  if (key !== null) return key;
  const message =
    `There is no key of the API at ${keyPath(stateDir)}: no controller has run with this state ` +
    "directory. Start one with `jupyter-cluster up`, or name its directory with --state-dir.";
  throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "read the API's key", message);
}

async function readKey(stateDir: string): Promise<string | null> {
  const text = await readStateFile(keyPath(stateDir));
  if (text === null) return null;
  try {
    createPrivateKey(text);
    return text;
  } catch {
    return null;
  }
}

function keyPath(stateDir: string): string {
  return join(stateDir, "api-authority.pem");
}
