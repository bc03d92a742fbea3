/**
 * The durable state of the embedded Mesos: who its agents and frameworks are, which tasks it was
 * asked to run, which updates are unacknowledged. One JSON file, replaced as a whole.
 *
 * What the Docker engine knows better (does the container run, how did it end) is not relied on:
 * it is asked again after a restart. So only a launch and a kill have to wait for the disk.
 */
import { join } from "node:path";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { LatestWriter } from "../../support/files/latest-writer.ts";
import { sealJson, unsealJson } from "../../support/files/sealed-json.ts";
import { readStateFile, writeStateFile } from "../../support/files/state-file.ts";
import { OWN_SOCKET } from "./caller.ts";
import type { AgentRecord, FrameworkRecord, TaskRecord } from "./model.ts";

const VERSION = 1;
const RETRY_MS = 1000;

export interface CheckpointState {
  /** Names this instance on its containers' labels; made once for a state directory. */
  readonly instanceId: string;
  readonly agents: readonly AgentRecord[];
  readonly frameworks: readonly FrameworkRecord[];
  /** Torn down or timed out: never accepted again. Oldest first. */
  readonly removedFrameworks: readonly string[];
  readonly tasks: readonly TaskRecord[];
}

export async function loadCheckpoint(stateDir: string): Promise<CheckpointState | null> {
  const path = join(stateDir, "checkpoint.json");
  const text = await readStateFile(path);
  if (text === null) return null;
  try {
    const { version, ...state } = unsealJson(text) as CheckpointState & { version: number };
    if (version !== VERSION) throw versionError(path, version);
    const frameworks = state.frameworks.map((one) => ({ ...one, owner: one.owner ?? OWN_SOCKET }));
    return { ...state, frameworks };
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw new OperationError(
      ERROR_CODES.STATE_CORRUPT,
      "start embedded Mesos",
      `${path} cannot be read: ${messageOf(error)}. Move it away to start without the old tasks.`,
      { cause: error },
    );
  }
}

/** Moved away it would cost the tasks, which are whole: the other release reads them. */
function versionError(path: string, version: unknown): OperationError {
  const message =
    `${path} is of version ${JSON.stringify(version)}, and this release reads ${VERSION}: ` +
    "another release wrote it. Run that one.";
  return new OperationError(ERROR_CODES.STATE_VERSION, "start embedded Mesos", message);
}

/** Writes one snapshot at a time; saves that come meanwhile share the next one. */
export class Checkpoint {
  private readonly path: string;
  private readonly writer: LatestWriter<null>;
  private cancelRetry: (() => void) | null = null;

  constructor(
    stateDir: string,
    snapshot: () => CheckpointState,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    const path = join(stateDir, "checkpoint.json");
    this.path = path;
    this.writer = new LatestWriter(() =>
      writeStateFile(path, sealJson({ version: VERSION, ...snapshot() })),
    );
  }

  /** Resolves when everything up to now is on disk; rejects when it could not be written. */
  save(): Promise<void> {
    return this.writer.save(null);
  }

  /** Never rejects: a failure is logged and tried again later. */
  async saveSoon(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      if (this.cancelRetry !== null) return;
      this.log.error({ path: this.path, error: messageOf(error) }, "checkpoint not written");
      this.cancelRetry = this.clock.after(RETRY_MS, () => {
        this.cancelRetry = null;
        void this.saveSoon();
      });
    }
  }

  /** Writes the last state and stops retrying. */
  async close(): Promise<void> {
    this.cancelRetry?.();
    // Stays set, so that no failure from now on is tried again.
    this.cancelRetry = () => undefined;
    await this.save();
  }
}
