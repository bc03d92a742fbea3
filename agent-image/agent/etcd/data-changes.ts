/** What an order does to the data directory before etcd is started on it. */
import type { AgentOrder } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Logger } from "../../../controller/model/ports.ts";
import { restoreData } from "../snapshot/restore-data.ts";
import type { SnapshotStage } from "../snapshot/snapshot-stage.ts";
import type { FileOwner } from "../system/atomic-file.ts";
import type { DataDir } from "./data-dir.ts";
import type { DataKeeper } from "./data-keeper.ts";
import type { IdentityKeeper } from "./identity-keeper.ts";
import type { StartPlan } from "./order-rules.ts";

export interface DataChangesOptions {
  readonly data: DataDir;
  readonly keeper: DataKeeper;
  readonly identity: IdentityKeeper;
  readonly stage: SnapshotStage;
  /** Whose the data is. */
  readonly user: FileOwner;
  readonly log: Logger;
}

/**
 * May be called again after it failed.
 *
 * @param isEmpty nothing is there that etcd could go on with
 */
export async function changeData(
  { etcd }: AgentOrder,
  plan: StartPlan,
  isEmpty: boolean,
  options: DataChangesOptions,
): Promise<void> {
  const { data, keeper, identity, stage, user } = options;
  const changes = plan.wipe || plan.restore !== null;
  if (changes) await identity.forget();
  if (plan.wipe) await data.wipe();
  else if (isEmpty) await data.clearRemains();
  if (etcd.mode === "restore") {
    if (plan.restore !== null) await restoreData(data, stage, plan.restore, etcd, user);
    await stage.clear();
  }
  if (changes) await keeper.look();
  if (plan.force) await keepWholeLog(options);
}

async function keepWholeLog({ data, log }: DataChangesOptions): Promise<void> {
  try {
    const raised = await data.commitWholeLog();
    if (raised !== null) log.info({ ...raised }, "the log's last entries are kept");
  } catch (error) {
    // Better to go on without the last entries than not at all.
    log.error({ error: messageOf(error) }, "the log's last entries may be lost");
  }
}
