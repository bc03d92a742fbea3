/** The memory of each cluster, under `clusters/<namespace>/<name>.json`. */
import { dirname, join } from "node:path";
import { type ClusterKey, clusterKey, parseClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Logger } from "../model/ports.ts";
import {
  backupOf,
  listStateDirectory,
  makeStateDirectory,
  removeStateFiles,
} from "../support/files/state-file.ts";
import { fileNameOf } from "./file-names.ts";
import type { FormatKeeper } from "./format-keeper.ts";
import { isMemory } from "./records.ts";
import { corrupt, readJson, writeJsonDurably } from "../support/files/json-file.ts";
import { LatestWriter } from "../support/files/latest-writer.ts";

const SUFFIX = ".json";

export class ClusterMemoryStore {
  private readonly writers = new Map<ClusterKey, LatestWriter<ClusterMemory | null>>();

  constructor(
    private readonly directory: string,
    private readonly log: Logger,
    /** Null: who only reads. */
    private readonly format: FormatKeeper | null = null,
  ) {}

  /** @throws OperationError ERR_STATE_CORRUPT: a controller without its memory must not act */
  async loadAll(): Promise<Map<ClusterKey, ClusterMemory>> {
    const memories = new Map<ClusterKey, ClusterMemory>();
    for (const path of await this.listFiles()) {
      const memory = await this.load(path);
      if (memory !== null) memories.set(clusterKey(memory.cluster.metadata), memory);
    }
    await this.format?.loaded(memories);
    return memories;
  }

  /** Resolves when this or a newer memory of the cluster is on disk. */
  save(key: ClusterKey, memory: ClusterMemory): Promise<void> {
    return this.writerOf(key).save(memory);
  }

  remove(key: ClusterKey): Promise<void> {
    return this.writerOf(key).save(null);
  }

  async idle(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.idle()));
  }

  private writerOf(key: ClusterKey): LatestWriter<ClusterMemory | null> {
    let writer = this.writers.get(key);
    if (writer === undefined) {
      writer = new LatestWriter((memory) => this.store(key, memory));
      this.writers.set(key, writer);
    }
    return writer;
  }

  private async store(key: ClusterKey, memory: ClusterMemory | null): Promise<void> {
    const path = this.pathOf(parseClusterKey(key));
    await this.format?.admit(key, memory);
    if (memory === null) {
      // The backup first: alone it would bring the cluster back.
      await removeStateFiles([backupOf(path), path]);
    } else {
      await makeStateDirectory(dirname(path));
      await writeJsonDurably(path, memory);
    }
    await this.format?.stored(key, memory);
  }

  private pathOf({ namespace, name }: { namespace: string; name: string }): string {
    return join(this.directory, fileNameOf(namespace), fileNameOf(name) + SUFFIX);
  }

  /** Also of clusters of which only the backup is left. */
  private async listFiles(): Promise<readonly string[]> {
    const paths = new Set<string>();
    for (const namespace of await listStateDirectory(this.directory)) {
      for (const name of await listStateDirectory(join(this.directory, namespace))) {
        const file = name.endsWith(backupOf(SUFFIX)) ? name.slice(0, -backupOf("").length) : name;
        if (file.endsWith(SUFFIX)) paths.add(join(this.directory, namespace, file));
      }
    }
    return [...paths];
  }

  private async load(path: string): Promise<ClusterMemory | null> {
    const reading = await readJson(path);
    if (reading === null) return null;
    if (!isMemory(reading.value)) throw corrupt(path, "it is no memory of a cluster");
    const { metadata } = reading.value.cluster;
    if (this.pathOf(metadata) !== path) throw corrupt(path, "it is the memory of another cluster");
    if (reading.from === "file") return reading.value;
    this.log.warn({ path }, "state file damaged, the one before is used");
    return afterLostSave(reading.value);
  }
}

/**
 * The lost memory may have held one more launch of each slot, and a launch number is never used
 * twice: so each number is passed over. Mesos knows the tasks, and a stray one is found there.
 */
function afterLostSave(memory: ClusterMemory): ClusterMemory {
  const slots = memory.slots.map((slot) => ({ ...slot, launches: slot.launches + 1 }));
  return { ...memory, slots };
}
