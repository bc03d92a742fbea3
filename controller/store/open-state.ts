/** The state of a controller as its options name it: what is this host's, and what is the site's. */
import { join } from "node:path";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { ensureControlToken, writeControlToken } from "./control-token.ts";
import { DirectoryBackend } from "./directory/directory-backend.ts";
import type { EtcdBackend } from "./etcd/etcd-backend.ts";
import { openHostDirectory } from "./host-directory.ts";
import { SnapshotStore } from "./snapshots/snapshot-store.ts";
import type { StateBackend } from "./state-backend.ts";
import type { StateTarget } from "./state-target.ts";

export interface OpenStateOptions {
  /** Of this host: it is made when it is not there, mode 0700. */
  readonly stateDir: string;
  readonly target: StateTarget;
  /** How long after the last sign of life of who acts another may act, where the store has leases. */
  readonly leaseSeconds: number;
  /**
   * The masters as the user said them: kept with the framework's id. Null: for one that registers with none, and
   * leaves what stands there.
   */
  readonly masters: string | null;
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
 * Takes nothing: who acts is decided by `backend.campaign`. A store that does not answer is no
 * error: the campaign waits for it.
 *
 * @throws OperationError ERR_STATE_UNWRITABLE; ERR_STATE_REFUSED when the store does not let us in
 */
export async function openState(options: OpenStateOptions): Promise<OpenedState> {
  const directory = await openHostDirectory(options.stateDir);
  const own = await ensureControlToken(directory);
  const snapshots = new SnapshotStore(join(directory, "snapshots"), options.log);
  const { target } = options;
  if (target.kind === "directory") {
    const backend = new DirectoryBackend({ ...options, directory });
    return { directory, backend, controlToken: own, snapshots };
  }
  // Loading etcd3 costs a start some 100 ms.
  const { openEtcd } = await import("./etcd/open-etcd.ts");
  const backend = openEtcd(target, { ...options, ttlSeconds: options.leaseSeconds });
  try {
    const controlToken = await sharedToken(backend, directory, own, options.log);
    return { directory, backend, controlToken, snapshots };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** The command line of this host reads it in the host's directory. */
async function sharedToken(
  backend: EtcdBackend,
  directory: string,
  own: string,
  log: Logger,
): Promise<string> {
  try {
    const shared = await backend.shareControlToken(own);
    if (shared !== own) await writeControlToken(directory, shared);
    return shared;
  } catch (error) {
    const isAway = error instanceof OperationError && error.code === ERROR_CODES.STATE_UNREACHABLE;
    if (!isAway) throw error;
    log.warn({ store: backend.description }, "this host's own control token is used for now");
    return own;
  }
}
