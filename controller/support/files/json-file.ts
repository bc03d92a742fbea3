/** One JSON value in one durable file, with the generation before it as a fallback. */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import { sealJson, unsealJson } from "./sealed-json.ts";
import { backupOf, readStateFile, writeStateFile, writeWithBackup } from "./state-file.ts";

export interface JsonReading {
  readonly value: unknown;
  /** `backup`: the file itself is broken, and this is what it replaced. */
  readonly from: "file" | "backup";
}

/** @throws OperationError ERR_STATE_UNWRITABLE */
export async function writeJsonDurably(path: string, value: object): Promise<void> {
  await writeWithBackup(path, `${sealJson(value, 1)}\n`);
}

/**
 * The same, but the backup is a second copy: for what says who we are, where the value before
 * would be the wrong one.
 *
 * @throws OperationError ERR_STATE_UNWRITABLE
 */
export async function writeJsonTwice(path: string, value: object): Promise<void> {
  const text = `${sealJson(value, 1)}\n`;
  await writeStateFile(path, text);
  await writeStateFile(backupOf(path), text);
}

/**
 * @returns null when there is neither the file nor a backup
 * @throws OperationError ERR_STATE_CORRUPT naming the file when neither is whole
 */
export async function readJson(path: string): Promise<JsonReading | null> {
  const text = await readStateFile(path);
  if (text !== null) {
    const parsed = parse(text);
    if (parsed.ok) return { value: parsed.value, from: "file" };
    const backup = await readBackup(path);
    if (backup !== null) return backup;
    throw corrupt(path, parsed.reason);
  }
  return readBackup(path);
}

export function corrupt(path: string, reason: string): OperationError {
  const message =
    `${path} is damaged (${reason}) and has no usable backup. Restore it from a backup of yours, ` +
    `or move it and ${backupOf(path)} away: what it remembers is lost then.`;
  return new OperationError(ERROR_CODES.STATE_CORRUPT, `read ${path}`, message);
}

async function readBackup(path: string): Promise<JsonReading | null> {
  const text = await readStateFile(backupOf(path));
  const parsed = text === null ? null : parse(text);
  return parsed?.ok ? { value: parsed.value, from: "backup" } : null;
}

type Parsed = { ok: true; value: unknown } | { ok: false; reason: string };

function parse(text: string): Parsed {
  try {
    return { ok: true, value: unsealJson(text) };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}
