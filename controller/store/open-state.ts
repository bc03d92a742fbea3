/** The state of a controller as its options name it: what is this host's, and what is the site's. */
import { join } from "node:path";
import type { Clock, Logger } from "../model/ports.ts";
import { ensureControlToken } from "./control-token.ts";
import { DirectoryBackend } from "./directory/directory-backend.ts";
import { openHostDirectory } from "./host-directory.ts";
import { SnapshotStore } from "./snapshots/snapshot-store.ts";
import type { StateBackend } from "./state-backend.ts";

export interface OpenStateOptions {
  /** Of this host: it is made when it is not there, mode 0700. */
  readonly stateDir: string;
  /** The masters as the user said them: kept with the framework's id. */
  readonly masters: string;
  /** Whether `campaign` waits while another controller acts, or fails with ERR_STATE_LOCKED. */
  readonly waits: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OpenedState {
  /** Absolute: this host's directory, also where the store is elsewhere. */
  readonly directory: string;
  readonly backend: StateBackend;
  /** Bearer token of the controllers' own API, the same for all of one store. */
  readonly controlToken: string;
  /** Those without a directory of their own in the spec are below this host's directory. */
  readonly snapshots: SnapshotStore;
}

/**
 * Takes nothing: who acts is decided by `backend.campaign`.
 *
 * @throws OperationError ERR_STATE_UNWRITABLE
 */
export async function openState(options: OpenStateOptions): Promise<OpenedState> {
  const { stateDir, masters, waits, clock, log } = options;
  const directory = await openHostDirectory(stateDir);
  return {
    directory,
    backend: new DirectoryBackend({ directory, masters, waits, clock, log }),
    controlToken: await ensureControlToken(directory),
    snapshots: new SnapshotStore(join(directory, "snapshots"), log),
  };
}
