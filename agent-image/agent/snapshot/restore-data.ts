/** Makes the data of a new cluster of one member out of a snapshot. */
import type { EtcdStart } from "../../../controller/model/agent-api.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { DataDir } from "../etcd/data-dir.ts";
import type { FileOwner } from "../ports/files.ts";
import type { Processes } from "../ports/processes.ts";
import type { SnapshotStage } from "./snapshot-stage.ts";

export type RestoreCommand = Extract<EtcdStart, { mode: "restore" }>;

const RESTORE_MS_MAX = 5 * 60_000;

/**
 * Revisions go on from the snapshot's. `--bump-revision` is not used: it would make up revisions
 * that no write has, and what a recovery has lost is told in revisions.
 *
 * @throws Error with etcdutl's words; the data that was there is then untouched
 */
export async function restoreData(
  processes: Processes,
  data: DataDir,
  stage: SnapshotStage,
  snapshot: SnapshotRef,
  command: RestoreCommand,
  owner: FileOwner,
): Promise<void> {
  const { memberName, initialCluster, token } = command;
  const url = initialCluster[memberName] ?? "";
  await data.replace(async (directory) => {
    const args = [
      ...["snapshot", "restore", stage.pathOf(snapshot)],
      `--data-dir=${directory}`,
      `--name=${memberName}`,
      `--initial-cluster=${memberName}=${url}`,
      `--initial-cluster-token=${token}`,
      `--initial-advertise-peer-urls=${url}`,
    ];
    const { uid, gid } = owner;
    await processes.run("/usr/bin/etcdutl", args, {
      timeoutMs: RESTORE_MS_MAX,
      owner: { uid, gid },
    });
  });
}
