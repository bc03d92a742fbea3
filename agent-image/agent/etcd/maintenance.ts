/** Long work on the local member's database that the controller asks for; one piece at a time. */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { clientUrl } from "../../../controller/model/ids.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { type SnapshotFacts, verifySnapshot } from "../snapshot/snapshot-file.ts";
import type { SnapshotBody, SnapshotStage } from "../snapshot/snapshot-stage.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { Turn } from "../system/turn.ts";
import { LOOPBACK } from "./etcd-flags.ts";
import { ETCDCTL_TLS_FLAGS } from "./tls-files.ts";

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
    private readonly options: Pick<AgentPorts, "files" | "processes" | "connectEtcd" | "log"> & {
      /** For what is in the making; on the data volume. */
      readonly scratch: string;
      readonly config: Pick<NodeConfig, "etcd">;
      readonly stage: SnapshotStage;
      readonly board: StatusBoard;
      /** etcd may be silent for a while. */
      readonly onBusy: (busy: boolean) => void;
    },
  ) {}

  /** Removes what an earlier container left half made. */
  async prepare(): Promise<void> {
    const { files, scratch } = this.options;
    await files.remove(scratch);
    await files.makeDirectory(scratch, 0o700);
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
      const { files, processes, scratch } = this.options;
      const path = `${scratch}/snapshot.db`;
      try {
        const args = [...this.endpoint(), "snapshot", "save", path];
        await processes.run("/usr/bin/etcdctl", args, { timeoutMs: SAVE_MS_MAX });
        const facts = await verifySnapshot(this.options, path);
        if (this.serving().clusterId !== clusterId) throw new NotServingError("etcd was restarted");
        signal.throwIfAborted();
        await use({ ...facts, path, clusterId });
      } finally {
        for (const left of [path, `${path}.part`]) await files.remove(left);
      }
    });
  }

  /** As {@link SnapshotStage.receive}. */
  receive(body: SnapshotBody, sha256: string, signal: AbortSignal): Promise<void> {
    return this.turn.take(() => {
      signal.throwIfAborted();
      return this.options.stage.receive(body, sha256);
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
      const { onBusy, log, connectEtcd } = this.options;
      const client = await connectEtcd();
      onBusy(true);
      try {
        await client.defragment(DEFRAGMENT_MS_MAX);
      } finally {
        onBusy(false);
        client.close();
      }
      log.info({ beforeBytes: before.dbSizeBytes }, "database defragmented");
    });
  }

  private endpoint(): string[] {
    const transport = this.options.config.etcd;
    const endpoint = `--endpoints=${clientUrl(LOOPBACK, transport)}`;
    return transport.tls ? [endpoint, ...ETCDCTL_TLS_FLAGS] : [endpoint];
  }

  private serving(): EtcdHealth {
    const { etcd } = this.options.board.now;
    if (etcd === null) throw new NotServingError("the local etcd does not serve");
    return etcd;
  }
}
