/** Who we are to Mesos. Losing it would orphan every container, so it is asked for first. */
import type { Logger } from "../model/ports.ts";
import { corrupt, readJson, writeJsonDurably } from "../support/files/json-file.ts";
import { LatestWriter } from "../support/files/latest-writer.ts";

export interface FrameworkRecord {
  /** As Mesos gave it; null before the first registration. */
  readonly frameworkId: string | null;
  /** The masters as they were given on the command line. */
  readonly masters: string;
}

export class FrameworkStore {
  private readonly writer: LatestWriter<FrameworkRecord>;

  constructor(
    private readonly path: string,
    private readonly log: Logger,
  ) {
    this.writer = new LatestWriter((record) => writeJsonDurably(path, record));
  }

  /** null: never registered. */
  async load(): Promise<FrameworkRecord | null> {
    const reading = await readJson(this.path);
    if (reading === null) return null;
    if (reading.from === "backup") this.log.warn({ path: this.path }, "state file damaged");
    if (!isRecord(reading.value)) throw corrupt(this.path, "it is no framework record");
    return reading.value;
  }

  /** Resolves when this or a newer record is on disk. */
  save(record: FrameworkRecord): Promise<void> {
    return this.writer.save(record);
  }

  idle(): Promise<void> {
    return this.writer.idle();
  }
}

function isRecord(value: unknown): value is FrameworkRecord {
  const record = value as Partial<FrameworkRecord> | null;
  if (typeof record !== "object" || typeof record?.masters !== "string") return false;
  return record.frameworkId === null || typeof record.frameworkId === "string";
}
