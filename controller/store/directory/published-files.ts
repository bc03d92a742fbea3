/**
 * The last published status of every cluster, `published/<namespace>/<name>.json`: what a process
 * that stands by on the same directory serves. It is made anew by each term, so it need not survive
 * a power cut, and no write of it holds anybody up.
 */
import { dirname, join } from "node:path";
import { messageOf } from "../../model/errors.ts";
import { type ClusterKey, clusterKey, parseClusterKey } from "../../model/ids.ts";
import type { Logger } from "../../model/ports.ts";
import {
  codeOf,
  makeDirectories,
  replaceFile,
  unlinkIfThere,
} from "../../support/files/durable-file.ts";
import { LatestWriter } from "../../support/files/latest-writer.ts";
import { sealJson } from "../../support/files/sealed-json.ts";
import { listStateDirectory, readStateFile } from "../../support/files/state-file.ts";
import { fileNameOf } from "../file-names.ts";
import { parsePublished } from "../records.ts";
import type { PublishedStatus } from "../state-backend.ts";

const SUFFIX = ".json";

export class PublishedFiles {
  private readonly writers = new Map<ClusterKey, LatestWriter<PublishedStatus | null>>();
  private lastProblem: string | null = null;

  constructor(
    private readonly directory: string,
    private readonly log: Logger,
  ) {}

  put(status: PublishedStatus): void {
    this.change(clusterKey(status.object.metadata), status);
  }

  remove(key: ClusterKey): void {
    this.change(key, null);
  }

  /** Those that can be read; one that cannot be is published again by and by. */
  async loadAll(): Promise<readonly PublishedStatus[]> {
    const all: PublishedStatus[] = [];
    for (const path of await this.paths()) {
      const status = parsePublished(await readStateFile(path));
      if (status !== null) all.push(status);
    }
    return all;
  }

  async idle(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.idle()));
  }

  private change(key: ClusterKey, status: PublishedStatus | null): void {
    let writer = this.writers.get(key);
    if (writer === undefined) {
      writer = new LatestWriter((latest) => this.store(key, latest));
      this.writers.set(key, writer);
    }
    void writer.save(status);
  }

  /** What fails is told once, and holds nobody up: the memory's own writes stop the work. */
  private async store(key: ClusterKey, status: PublishedStatus | null): Promise<void> {
    const { namespace, name } = parseClusterKey(key);
    const path = join(this.directory, fileNameOf(namespace), fileNameOf(name) + SUFFIX);
    try {
      if (status === null) return await unlinkIfThere(path);
      await makeDirectories(dirname(path));
      await replaceFile(path, sealJson(status), { durable: false });
      this.lastProblem = null;
    } catch (error) {
      if (codeOf(error) === null) throw error;
      const problem = messageOf(error);
      if (problem === this.lastProblem) return;
      this.lastProblem = problem;
      this.log.warn({ path, error: problem }, "status for standby controllers not written");
    }
  }

  private async paths(): Promise<readonly string[]> {
    const namespaces = await listStateDirectory(this.directory);
    const files = await Promise.all(
      namespaces.map(async (namespace) => {
        const directory = join(this.directory, namespace);
        const names = await listStateDirectory(directory);
        return names.filter((name) => name.endsWith(SUFFIX)).map((name) => join(directory, name));
      }),
    );
    return files.flat();
  }
}
