/**
 * A state directory, read by one who does not hold it. Files are replaced by renaming, so each has
 * another inode or time after a change: the names with these are compared, and when they differ all
 * is read anew.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, OperationError } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { codeOf } from "../../support/files/durable-file.ts";
import { readJson } from "../../support/files/json-file.ts";
import { lockHolder } from "../../support/files/lock.ts";
import { pause } from "../../support/pause.ts";
import { ClusterMemoryStore } from "../cluster-memory-store.ts";
import { FrameworkStore } from "../framework-store.ts";
import { isActing } from "../records.ts";
import type { ActingController, SiteView, SiteWatch, ViewFreshness } from "../state-backend.ts";
import { requireUsable } from "../state-dir.ts";
import { PublishedFiles } from "./published-files.ts";

/** Milliseconds between two looks. */
const LOOK_MS = 500;
/** Directories within one another, with the clusters' files in the lowest. */
const DEPTH_MAX = 3;

export interface DirectoryWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (view: SiteView) => void;
}

/** Who holds the lock, for those who look: `lockNumber` says of which lock it speaks. */
export function actingFile(directory: string): string {
  return join(directory, "acting.json");
}

export class DirectoryWatch implements SiteWatch {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private seen: string | null = null;
  private why: string | null = "the state directory has not been read yet";

  constructor(private readonly options: DirectoryWatchOptions) {}

  start(): void {
    this.running = this.run();
  }

  /** Resolves when nothing is read any more. */
  async ended(): Promise<void> {
    await this.running;
  }

  stop(): void {
    this.stopped.abort();
  }

  freshness(): ViewFreshness {
    return this.why === null ? { isFresh: true } : { isFresh: false, reason: this.why };
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.look();
      await pause(this.options.clock, LOOK_MS, signal);
    }
  }

  private async look(): Promise<void> {
    const { directory, onChange, log } = this.options;
    try {
      const now = await fingerprint(directory);
      if (now !== this.seen) {
        const view = await readView(directory, log);
        this.seen = now;
        if (!this.stopped.signal.aborted) onChange(view);
      }
      this.why = null;
    } catch (error) {
      if (!(error instanceof OperationError) && codeOf(error) === null) throw error;
      this.why = messageOf(error);
    }
  }
}

async function readView(directory: string, log: Logger): Promise<SiteView> {
  await requireUsable(directory);
  const memories = new ClusterMemoryStore(join(directory, "clusters"), log);
  const framework = new FrameworkStore(join(directory, "framework.json"), log);
  const published = new PublishedFiles(join(directory, "published"), log);
  return {
    acting: await readActing(directory),
    memories: await memories.loadAll(),
    published: await published.loadAll(),
    frameworkId: (await framework.load())?.frameworkId ?? null,
  };
}

async function readActing(directory: string): Promise<ActingController | null> {
  const [holder, reading] = await Promise.all([
    lockHolder(directory),
    readJson(actingFile(directory)),
  ]);
  const { lockNumber, ...acting } = (reading?.value ?? {}) as { readonly lockNumber?: unknown };
  return holder?.number === lockNumber && isActing(acting) ? acting : null;
}

/** Who holds the lock is a part of it: a process that ends changes no file. */
async function fingerprint(directory: string): Promise<string> {
  const holder = await lockHolder(directory);
  const files: string[] = [`${holder?.number ?? 0}`];
  for (const name of ["acting.json", "framework.json", "version.json", "moved.json"]) {
    files.push(await mark(join(directory, name)));
  }
  for (const name of ["clusters", "published"]) await addBelow(join(directory, name), 1, files);
  return files.join("\n");
}

async function addBelow(directory: string, depth: number, files: string[]): Promise<void> {
  const entries = await entriesOf(directory);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) files.push(await mark(path));
    else if (depth < DEPTH_MAX) await addBelow(path, depth + 1, files);
  }
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function mark(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${path} ${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return `${path} -`;
    throw error;
  }
}
