/** The directory with everything that must survive the controller. */
import { chmod, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Logger } from "../model/ports.ts";
import { ClusterMemoryStore } from "./cluster-memory-store.ts";
import { ensureControlToken } from "./control-token.ts";
import { DIRECTORY_MODE } from "../support/files/durable-file.ts";
import { guarded, makeStateDirectory } from "../support/files/state-file.ts";
import { FrameworkStore } from "./framework-store.ts";
import { readJson, writeJsonTwice } from "../support/files/json-file.ts";
import { acquireLock } from "../support/files/lock.ts";
import { SnapshotStore } from "./snapshots/snapshot-store.ts";
import { TaskFiles } from "./task-files.ts";

/** Grows when an older controller could no longer read what this one writes. */
const STATE_VERSION = 2;

export interface StateDir {
  /** Absolute. */
  readonly path: string;
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
  options: { readonly log: Logger },
): Promise<StateDir> {
  const directory = resolve(path);
  await makeStateDirectory(directory);
  await guarded(directory, () => closeToOthers(directory));
  const lock = await acquireLock(directory, "a controller");
  try {
    await checkVersion(directory);
    const memories = new ClusterMemoryStore(join(directory, "clusters"), options.log);
    const framework = new FrameworkStore(join(directory, "framework.json"), options.log);
    const tasks = new TaskFiles(join(directory, "tasks"), options.log);
    return {
      path: directory,
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

/** A directory that was there before may be open to other users. */
async function closeToOthers(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) await chmod(directory, DIRECTORY_MODE);
}

async function checkVersion(directory: string): Promise<void> {
  const path = join(directory, "version.json");
  const reading = await readJson(path);
  const version = (reading?.value as { version?: unknown } | null | undefined)?.version;
  if (version === STATE_VERSION) return;
  // The names of 1 are read as they are (model/renamed.ts); 0.1.0 would not know today's.
  if (reading === null || version === 1) {
    await writeJsonTwice(path, { version: STATE_VERSION });
    return;
  }
  const message =
    `${directory} was written by another version of this software (its format is ` +
    `${JSON.stringify(version)}, this one knows ${STATE_VERSION}). ` +
    `Use the newer version, or choose another directory with --state-dir.`;
  throw new OperationError(ERROR_CODES.STATE_VERSION, `open ${directory}`, message);
}
