/** The directory with everything that must survive the controller. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Logger } from "../model/ports.ts";
import { ClusterMemoryStore } from "./cluster-memory-store.ts";
import { ensureControlToken } from "./control-token.ts";
import { FrameworkStore } from "./framework-store.ts";
import { readJson, writeJsonTwice } from "../support/files/json-file.ts";
import { acquireLock } from "../support/files/lock.ts";
import { readMoveMark } from "./directory/move-file.ts";
import { requireNotMoved } from "./move/move-mark.ts";
import { openHostDirectory } from "./host-directory.ts";
import { SnapshotStore } from "./snapshots/snapshot-store.ts";
import { TaskFiles } from "./task-files.ts";

/** Grows when an older controller could no longer read what this one writes. */
export const STATE_VERSION = 2;

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
    if (options.evenMoved !== true) requireNotMoved(directory, await readMoveMark(directory));
    await bringToVersion(directory);
    const memories = new ClusterMemoryStore(join(directory, "clusters"), options.log);
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

async function bringToVersion(directory: string): Promise<void> {
  await requireReadableVersion(directory);
  const path = join(directory, "version.json");
  const reading = await readJson(path);
  if (versionIn(reading?.value) !== STATE_VERSION) {
    await writeJsonTwice(path, { version: STATE_VERSION });
  }
}

/**
 * Writes nothing.
 *
 * @throws OperationError ERR_STATE_VERSION when this version cannot read what is there,
 *   ERR_STATE_MOVED when it is kept elsewhere now
 */
export async function requireUsable(directory: string): Promise<void> {
  requireNotMoved(directory, await readMoveMark(directory));
  await requireReadableVersion(directory);
}

async function requireReadableVersion(directory: string): Promise<void> {
  const reading = await readJson(join(directory, "version.json"));
  if (reading !== null) requireReadable(directory, versionIn(reading.value));
}

export function versionIn(value: unknown): unknown {
  return (value as { version?: unknown } | null | undefined)?.version;
}

/** @throws OperationError ERR_STATE_VERSION */
export function requireReadable(place: string, version: unknown): void {
  // The names of 1 are read as they are (model/renamed.ts); 0.1.0 would not know today's.
  if (version === STATE_VERSION || version === 1) return;
  const message =
    `${place} was written by another version of this software (its format is ` +
    `${JSON.stringify(version)}, this one knows ${STATE_VERSION}). ` +
    `Use the newer version, or another place for the state.`;
  throw new OperationError(ERROR_CODES.STATE_VERSION, `open ${place}`, message);
}
