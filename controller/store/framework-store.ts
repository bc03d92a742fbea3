/** Who we are to Mesos. Losing it would orphan every container, so it is asked for first. */
import type { Logger } from "../model/ports.ts";
import { corrupt, readJson, writeJsonTwice } from "../support/files/json-file.ts";
import { LatestWriter } from "../support/files/latest-writer.ts";
import { type FrameworkRecord, isFrameworkRecord } from "./records.ts";

export class FrameworkStore {
  private readonly writer: LatestWriter<FrameworkRecord>;

  constructor(
    private readonly path: string,
    private readonly log: Logger,
  ) {
    this.writer = new LatestWriter((record) => writeJsonTwice(path, record));
  }

  /**
   * null: never registered.
   *
   * @throws OperationError ERR_STATE_CORRUPT: to register anew would orphan every container
   */
  async load(): Promise<FrameworkRecord | null> {
    const reading = await readJson(this.path);
    if (reading === null) return null;
    const { value, from } = reading;
    if (!isFrameworkRecord(value)) throw corrupt(this.path, "it is no framework record");
    if (from === "backup") {
      if (value.frameworkId === null) throw corrupt(this.path, "its backup knows no framework id");
      this.log.warn({ path: this.path }, "state file damaged, its backup is used");
    }
    return value;
  }

  /** Resolves when this or a newer record is on disk. */
  save(record: FrameworkRecord): Promise<void> {
    return this.writer.save(record);
  }

  idle(): Promise<void> {
    return this.writer.idle();
  }
}
