/** Long work on the local member's database that the controller asks for; one piece at a time. */
import { mkdir, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";
import type { Logger } from "../../../controller/model/ports.ts";
import { type SnapshotFacts, verifySnapshot } from "../snapshot/snapshot-file.ts";
import type { SnapshotStage } from "../snapshot/snapshot-stage.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { runCommand } from "../system/run-command.ts";
import { Turn } from "../system/turn.ts";
import { localClient, within } from "./etcd-client.ts";
import { LOCAL_CLIENT_URL } from "./etcd-flags.ts";

const SAVE_MS_MAX = 3 * 60_000;
const DEFRAGMENT_MS_MAX = 5 * 60_000;

/** The local member does not serve. */
export class NotServingError extends Error {
  override readonly name = "NotServingError";
}

export interface SavedSnapshot extends SnapshotFacts {
  readonly path: string;
  /** Of the cluster that it was taken from. Hex. */
  readonly clusterId: string;
}

export class Maintenance {
  private readonly turn = new Turn();

  constructor(
    private readonly options: {
      /** For what is in the making; on the data volume. */
      readonly scratch: string;
      readonly stage: SnapshotStage;
      readonly board: StatusBoard;
      readonly log: Logger;
      /** etcd may be silent for a while. */
      readonly onBusy: (busy: boolean) => void;
    },
  ) {}

  /** Removes what an earlier container left half made. */
  async prepare(): Promise<void> {
    await rm(this.options.scratch, { recursive: true, force: true });
    await mkdir(this.options.scratch, { recursive: true, mode: 0o700 });
  }

  /**
   * Takes a snapshot and verifies it, hands it to `use`, and removes it.
   *
   * @throws NotServingError; SnapshotInvalidError; Error with etcdctl's words
   */
  save(use: (snapshot: SavedSnapshot) => Promise<void>, signal: AbortSignal): Promise<void> {
    return this.turn.take(async () => {
      signal.throwIfAborted();
      const { clusterId } = this.serving();
      const path = `${this.options.scratch}/snapshot.db`;
      try {
        const args = [`--endpoints=${LOCAL_CLIENT_URL}`, "snapshot", "save", path];
        await runCommand("/usr/bin/etcdctl", args, { timeoutMs: SAVE_MS_MAX });
        const facts = await verifySnapshot(path);
        if (this.serving().clusterId !== clusterId) throw new NotServingError("etcd was restarted");
        signal.throwIfAborted();
        await use({ ...facts, path, clusterId });
      } finally {
        for (const left of [path, `${path}.part`]) await rm(left, { force: true });
      }
    });
  }

  /** As {@link SnapshotStage.receive}. */
  receive(body: Readable, sha256: string, signal: AbortSignal): Promise<void> {
    return this.turn.take(() => {
      signal.throwIfAborted();
      return this.options.stage.receive(body, sha256, signal);
    });
  }

  /**
   * Gives free pages of the database back to the disk. The member answers no read or write
   * meanwhile.
   *
   * @throws NotServingError; etcd's error
   */
  defragment(signal: AbortSignal): Promise<void> {
    return this.turn.take(async () => {
      signal.throwIfAborted();
      const before = this.serving();
      const { onBusy, log } = this.options;
      const client = await localClient();
      onBusy(true);
      try {
        await client.maintenance.defragment(within(DEFRAGMENT_MS_MAX));
      } finally {
        onBusy(false);
        client.close();
      }
      log.info({ beforeBytes: before.dbSizeBytes }, "database defragmented");
    });
  }

  private serving(): EtcdHealth {
    const { etcd } = this.options.board.now;
    if (etcd === null) throw new NotServingError("the local etcd does not serve");
    return etcd;
  }
}
