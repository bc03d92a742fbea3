/** The mark of a move in a state directory: `moved.json`. */
import { join } from "node:path";
import { corrupt, readJson, writeJsonTwice } from "../../support/files/json-file.ts";
import { isMoveMark, type MoveMark } from "../move/move-mark.ts";

/** @throws OperationError ERR_STATE_CORRUPT: unread, it could let two stores count as the one */
export async function readMoveMark(directory: string): Promise<MoveMark | null> {
  const path = markFile(directory);
  const reading = await readJson(path);
  if (reading === null) return null;
  if (!isMoveMark(reading.value)) throw corrupt(path, "it is no mark of a move");
  return reading.value;
}

export async function writeMoveMark(directory: string, mark: MoveMark): Promise<void> {
  await writeJsonTwice(markFile(directory), mark);
}

function markFile(directory: string): string {
  return join(directory, "moved.json");
}
