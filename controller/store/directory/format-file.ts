/** `version.json` of a state directory: the lowest format that suffices to read the rest of it. */
import { join } from "node:path";
import { readJson, writeJsonTwice } from "../../support/files/json-file.ts";
import { FormatKeeper, requireReadable } from "../format-keeper.ts";

/** @throws OperationError ERR_STATE_VERSION; and then the directory stays as it is */
export async function openFormatFile(directory: string): Promise<FormatKeeper> {
  const version = await requireReadableFormat(directory);
  const keeper = new FormatKeeper(version, (record) =>
    writeJsonTwice(formatFile(directory), record),
  );
  await keeper.begin();
  return keeper;
}

/**
 * Writes nothing.
 *
 * @returns the version; 0: nothing is there yet
 * @throws OperationError ERR_STATE_VERSION
 */
export async function requireReadableFormat(directory: string): Promise<number> {
  return requireReadable(directory, (await readJson(formatFile(directory)))?.value ?? null);
}

function formatFile(directory: string): string {
  return join(directory, "version.json");
}
