/**
 * The last status of every task: stored before Mesos is told that it arrived, for Mesos says it
 * only once. One small file a task, so that one status costs one small write.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ObservedTask } from "../model/observed.ts";
import type { Logger } from "../model/ports.ts";
import {
  guarded,
  makeStateDirectory,
  readStateFile,
  removeStateFiles,
  writeStateFile,
} from "../support/files/state-file.ts";
import { sealJson } from "../support/files/sealed-json.ts";
import { fileNameOf } from "./file-names.ts";
import { LatestWriter } from "../support/files/latest-writer.ts";
import { parseTask } from "./records.ts";

const SUFFIX = ".json";

export class TaskFiles {
  /** Only of tasks that are being written now. */
  private readonly writers = new Map<string, LatestWriter<ObservedTask | null>>();

  constructor(
    private readonly directory: string,
    private readonly log: Logger,
  ) {}

  /**
   * All that was stored and not forgotten. A damaged entry is left out: Mesos tells the state
   * of each task again on reconciliation.
   */
  async loadAll(): Promise<ReadonlyMap<string, ObservedTask>> {
    await makeStateDirectory(this.directory);
    const tasks = new Map<string, ObservedTask>();
    for (const name of await guarded(this.directory, () => readdir(this.directory))) {
      if (!name.endsWith(SUFFIX)) continue;
      const path = join(this.directory, name);
      const task = parseTask(await readStateFile(path));
      if (task !== null && fileNameOf(task.taskId) + SUFFIX === name) tasks.set(task.taskId, task);
      else this.log.warn({ path }, "stored task status damaged");
    }
    return tasks;
  }

  /** Resolves when this or a newer status of the task is on disk. */
  save(task: ObservedTask): Promise<void> {
    return this.change(task.taskId, task);
  }

  remove(taskId: string): Promise<void> {
    return this.change(taskId, null);
  }

  async idle(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.idle()));
  }

  private async change(taskId: string, task: ObservedTask | null): Promise<void> {
    let writer = this.writers.get(taskId);
    if (writer === undefined) {
      writer = new LatestWriter((latest) => this.store(taskId, latest));
      this.writers.set(taskId, writer);
    }
    try {
      await writer.save(task);
    } finally {
      if (writer.isIdle && this.writers.get(taskId) === writer) this.writers.delete(taskId);
    }
  }

  private async store(taskId: string, task: ObservedTask | null): Promise<void> {
    const path = join(this.directory, fileNameOf(taskId) + SUFFIX);
    if (task === null) {
      await removeStateFiles([path]);
      return;
    }
    await makeStateDirectory(this.directory);
    await writeStateFile(path, sealJson(task));
  }
}
