/** The logs of the container before, kept beside the slot's data as its container ended: once, not for ever. */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { messageOf } from "../../../controller/model/errors.ts";

/**
 * Called before anything is logged. A container that ended by force left its logs where they were written.
 *
 * @param directory of this container's logs; made, with those above it
 * @returns why it could not be done, for a node must start on a full disk too; null: it is done
 */
export function keepLogsBefore(directory: string, previous: string): string | null {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    const left = readdirSync(directory).filter((name) => /\.log(\.1)?$/.test(name));
    if (left.length === 0) return null;
    rmSync(previous, { recursive: true, force: true });
    mkdirSync(previous, { mode: 0o750 });
    for (const name of left) renameSync(`${directory}/${name}`, `${previous}/${name}`);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
