/**
 * Who waits for the lock of a state directory: a file for each such process, `standby/<id>.json`. It is
 * for people to see; nothing is decided by it, and that of a process that is gone does not count.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DIRECTORY_MODE, replaceFile, unlinkIfThere } from "../../support/files/durable-file.ts";
import {
  isAlive,
  ownIdentity,
  type ProcessIdentity,
} from "../../support/files/process-identity.ts";
import { guarded, listStateDirectory, readStateFile } from "../../support/files/state-file.ts";
import { isController } from "../records.ts";
import type { ControllerRecord } from "../state-backend.ts";

interface StandbyFile {
  readonly controller: ControllerRecord;
  readonly process: ProcessIdentity;
}

export class StandbyFiles {
  private readonly directory: string;

  constructor(stateDirectory: string) {
    this.directory = join(stateDirectory, "standby");
  }

  /** @throws OperationError ERR_STATE_UNWRITABLE, ERR_DISK_FULL */
  async put(controller: ControllerRecord): Promise<void> {
    const file: StandbyFile = { controller, process: await ownIdentity() };
    await guarded(this.directory, async () => {
      await mkdir(this.directory, { recursive: true, mode: DIRECTORY_MODE });
      for (const name of await this.names()) {
        if ((await this.read(name)) === null) await unlinkIfThere(join(this.directory, name));
      }
      await replaceFile(join(this.directory, `${controller.id}.json`), JSON.stringify(file));
    });
  }

  async remove({ id }: ControllerRecord): Promise<void> {
    await guarded(this.directory, () => unlinkIfThere(join(this.directory, `${id}.json`)));
  }

  /** Of processes that live, the one that was started first at the head. */
  async list(): Promise<readonly ControllerRecord[]> {
    return guarded(this.directory, async () => {
      const read = await Promise.all((await this.names()).map((name) => this.read(name)));
      return read
        .filter((controller) => controller !== null)
        .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
    });
  }

  private async names(): Promise<readonly string[]> {
    const names = await listStateDirectory(this.directory);
    return names.filter((name) => name.endsWith(".json"));
  }

  /** Null: its process is gone, or it is no such file. */
  private async read(name: string): Promise<ControllerRecord | null> {
    const text = await readStateFile(join(this.directory, name));
    const { controller, process } = parsed(text) ?? {};
    if (!isController(controller) || typeof process?.pid !== "number") return null;
    return (await isAlive(process)) ? controller : null;
  }
}

function parsed(text: string | null): Partial<StandbyFile> | null {
  try {
    return JSON.parse(text ?? "null") as Partial<StandbyFile> | null;
  } catch {
    return null;
  }
}
