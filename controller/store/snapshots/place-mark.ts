/**
 * Remembers that a directory of the user's choice has held snapshots. When it is gone, its disk is
 * most likely not mounted: that is no reason to believe that there are none, nor to put new ones
 * below the empty mount point.
 */
import { join } from "node:path";
import {
  makeStateDirectory,
  readStateFile,
  writeStateFile,
} from "../../support/files/state-file.ts";
import { failed } from "./snapshot-errors.ts";

const FILE = "elsewhere";

export class PlaceMark {
  private known = false;

  /**
   * @param home the cluster's own directory of snapshots within the state directory
   * @param place the directory that is used instead
   */
  constructor(
    private readonly home: string,
    private readonly place: string,
  ) {}

  async set(): Promise<void> {
    if (this.known) return;
    await makeStateDirectory(this.home);
    await writeStateFile(join(this.home, FILE), `${this.place}\n`);
    this.known = true;
  }

  /** @throws OperationError ERR_SNAPSHOT_FAILED */
  async refuseIfSet(operation: string): Promise<void> {
    const marked = (await readStateFile(join(this.home, FILE)))?.trim();
    if (marked !== this.place) return;
    const message =
      `${this.place} has held snapshots and is not there. Mount its disk; ` +
      "or, if it is gone for good, make the directory again.";
    throw failed(operation, message);
  }
}
