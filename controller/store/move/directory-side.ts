/** A state directory as one side of a move. */
import { ensureControlToken, writeControlToken } from "../control-token.ts";
import { readMoveMark } from "../directory/move-file.ts";
import { openStateDir, type StateDir } from "../state-dir.ts";
import { parseClusterKey } from "../../model/ids.ts";
import type { Logger } from "../../model/ports.ts";
import {
  loadManagedFiles,
  managedDirectory,
  removeManagedFile,
  saveManagedFile,
} from "../../support/files/managed-files.ts";
import type { MoveMark } from "./move-mark.ts";
import type { MoveSide, SiteContents } from "./move-state.ts";

export class DirectorySide implements MoveSide {
  private constructor(
    private readonly state: StateDir,
    readonly term: number,
  ) {}

  /** @throws OperationError ERR_STATE_LOCKED while a controller acts on it, and as openStateDir */
  static async open(directory: string, log: Logger): Promise<DirectorySide> {
    const state = await openStateDir(directory, { log, evenMoved: true });
    try {
      const mark = await readMoveMark(state.path);
      return new DirectorySide(state, (mark?.termsBefore ?? 0) + state.number);
    } catch (error) {
      await state.close();
      throw error;
    }
  }

  get description(): string {
    return this.state.path;
  }

  mark(): Promise<MoveMark | null> {
    return readMoveMark(this.state.path);
  }

  setMark(mark: MoveMark): Promise<void> {
    return this.state.setMoveMark(mark);
  }

  async load(): Promise<SiteContents> {
    const { memories, tasks, framework, path } = this.state;
    return {
      memories: await memories.loadAll(),
      tasks: await tasks.loadAll(),
      framework: await framework.load(),
      controlToken: await ensureControlToken(path),
      specs: await loadManagedFiles(managedDirectory(path)),
    };
  }

  async replace(contents: SiteContents): Promise<void> {
    const { memories, tasks, framework, path } = this.state;
    for (const key of (await memories.loadAll()).keys()) {
      if (!contents.memories.has(key)) await memories.remove(key);
    }
    for (const taskId of (await tasks.loadAll()).keys()) {
      if (!contents.tasks.has(taskId)) await tasks.remove(taskId);
    }
    for (const [key, memory] of contents.memories) await memories.save(key, memory);
    for (const task of contents.tasks.values()) await tasks.save(task);
    const managed = managedDirectory(path);
    for (const key of (await loadManagedFiles(managed)).keys()) {
      if (!contents.specs.has(key)) await removeManagedFile(managed, parseClusterKey(key));
    }
    for (const [key, spec] of contents.specs) {
      await saveManagedFile(managed, parseClusterKey(key), spec);
    }
    if (contents.framework !== null) await framework.save(contents.framework);
    if (contents.controlToken !== null) await writeControlToken(path, contents.controlToken);
  }

  close(): Promise<void> {
    return this.state.close();
  }
}
