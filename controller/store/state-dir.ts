/** The directory with everything that must survive the controller. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Logger } from "../model/ports.ts";
import { ClusterMemoryStore } from "./cluster-memory-store.ts";
import { ensureControlToken } from "./control-token.ts";
import { openFormatFile, requireReadableFormat } from "./directory/format-file.ts";
import { FrameworkStore } from "./framework-store.ts";
import { acquireLock } from "../support/files/lock.ts";
import { readMoveMark, writeMoveMark } from "./directory/move-file.ts";
import { isAway, type MoveMark, requireNotMoved } from "./move/move-mark.ts";
import { openHostDirectory } from "./host-directory.ts";
import { SnapshotStore } from "./snapshots/snapshot-store.ts";
import { TaskFiles } from "./task-files.ts";

export interface StateDir {
  /** Absolute. */
  readonly path: string;
  /** Of the lock: higher than that of every process before. */
  readonly number: number;
  readonly memories: ClusterMemoryStore;
  readonly framework: FrameworkStore;
  readonly tasks: TaskFiles;
  readonly snapshots: SnapshotStore;
  /** Bearer token of the controller's own API. */
  readonly controlToken: string;
  /** Resolves when it is durable, and those who know no marks are kept out or let in. */
  setMoveMark(mark: MoveMark): Promise<void>;
  /** Waits for what is being written, then lets the next controller in. */
  close(): Promise<void>;
}

/** $JUPYTER_CLUSTER_STATE_DIR, else ${XDG_STATE_HOME:-~/.local/state}/jupyter-cluster. */
export function stateDirPath(env: Readonly<Record<string, string | undefined>>): string {
  const named = env["JUPYTER_CLUSTER_STATE_DIR"];
  if (named) return resolve(named);
  const base = env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state");
  return resolve(base, "jupyter-cluster");
}

/**
 * Makes the directory when it is not there (mode 0700) and locks it for this process.
 *
 * @throws OperationError ERR_STATE_LOCKED, ERR_STATE_VERSION, ERR_STATE_CORRUPT,
 *   ERR_STATE_UNWRITABLE
 */
export async function openStateDir(
  path: string,
  options: {
    readonly log: Logger;
    /** Its state is kept elsewhere now, and is brought back, or the move there goes on. */
    readonly evenMoved?: boolean;
  },
): Promise<StateDir> {
  const directory = await openHostDirectory(path);
  const lock = await acquireLock(directory, "a controller");
  try {
    const mark = await readMoveMark(directory);
    if (options.evenMoved !== true) requireNotMoved(directory, mark);
    const format = await openFormatFile(directory);
    if (mark !== null && isAway(mark)) await format.keptAt(mark.other);
    const memories = new ClusterMemoryStore(join(directory, "clusters"), options.log, format);
    const framework = new FrameworkStore(join(directory, "framework.json"), options.log);
    const tasks = new TaskFiles(join(directory, "tasks"), options.log);
    return {
      path: directory,
      number: lock.number,
      memories,
      framework,
      tasks,
      snapshots: new SnapshotStore(join(directory, "snapshots"), options.log),
      controlToken: await ensureControlToken(directory),
      async setMoveMark(next) {
        if (isAway(next)) await format.keptAt(next.other);
        await writeMoveMark(directory, next);
        if (!isAway(next)) await format.keptAt(null);
      },
      async close() {
        await Promise.all([memories.idle(), framework.idle(), tasks.idle()]);
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Writes nothing.
 *
 * @throws OperationError ERR_STATE_VERSION when this release cannot read what is there,
 *   ERR_STATE_MOVED when it is kept elsewhere now
 */
export async function requireUsable(directory: string): Promise<void> {
  requireNotMoved(directory, await readMoveMark(directory));
  await requireReadableFormat(directory);
}
