/** What a command does to the data directory before etcd is started on it. */
import { messageOf } from "../../../controller/model/errors.ts";
import type { FileOwner } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { restoreData } from "../snapshot/restore-data.ts";
import type { SnapshotStage } from "../snapshot/snapshot-stage.ts";
import type { StatusBoard } from "../status/status-board.ts";
import type { DataDir } from "./data-dir.ts";
import type { DataKeeper } from "./data-keeper.ts";
import type { IdentityKeeper } from "./identity-keeper.ts";
import type { EtcdCommand, StartPlan } from "./start-rules.ts";
import { WalFormatUnknownError } from "./wal/known-format.ts";
import { WalCorruptError } from "./wal/read-wal.ts";

export interface DataChangesOptions extends Pick<AgentPorts, "log" | "processes"> {
  readonly board: StatusBoard;
  readonly data: DataDir;
  readonly keeper: DataKeeper;
  readonly identity: IdentityKeeper;
  readonly stage: SnapshotStage;
  /** Whose the data is. */
  readonly user: FileOwner;
}

/**
 * May be called again after it failed.
 *
 * @param isEmpty nothing is there that etcd could go on with
 */
export async function changeData(
  { etcd }: EtcdCommand,
  plan: StartPlan,
  isEmpty: boolean,
  options: DataChangesOptions,
): Promise<void> {
  const { data, keeper, identity, stage, user, board, processes } = options;
  board.setProblem("recovery", null);
  const changes = plan.wipe || plan.restore !== null;
  if (changes) await identity.forget();
  if (plan.wipe) await data.wipe();
  else if (isEmpty) await data.clearRemains();
  if (etcd.mode === "restore") {
    if (plan.restore !== null) {
      await restoreData(processes, data, stage, plan.restore, etcd, user);
    }
    await stage.clear();
  }
  if (changes) await keeper.look();
  if (plan.force) await keepWholeLog(options);
}

/**
 * What lies in the log behind the last commit may be acknowledged, and etcd would throw it away.
 * Two errors are passed over, for nothing that we do later would help, and the cluster would stay
 * down: a log that cannot be read to its end (etcd decides itself whether it can go on with it),
 * and one of an etcd whose format is not known to us. It is told that more may be lost. Every other
 * error, such as that of a full disk, may go away: the command fails, is told, and is tried again.
 */
async function keepWholeLog(options: DataChangesOptions): Promise<void> {
  const { data, log, board, processes } = options;
  try {
    const raised = await data.commitWholeLog(processes);
    if (raised !== null) log.info({ ...raised }, "the log's last entries are kept");
  } catch (error) {
    const hopeless = error instanceof WalCorruptError || error instanceof WalFormatUnknownError;
    if (!hopeless) throw error;
    const message = messageOf(error);
    log.error({ error: message }, "the log's last entries may be lost");
    board.setProblem("recovery", `the last writes before the recovery may be lost: ${message}`);
  }
}
