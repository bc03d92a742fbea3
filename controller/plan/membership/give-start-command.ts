/**
 * A start command is durable with its task before it leaves; the agent carries out each id once.
 */
import type { SlotTask } from "../../model/memory.ts";
import { commonApiVersion } from "../../model/release.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { NodeView } from "../view/node-view.ts";

type StartCommand = NonNullable<SlotTask["startCommand"]>;

export function giveStartCommand(
  { slot, ip, task, agentVersion }: NodeView,
  { commandId, etcd }: StartCommand,
  plan: PlanBuilder,
): void {
  if (task === null) return;
  if (task.startCommand?.commandId !== commandId) {
    plan.patchTask(slot, { startCommand: { commandId, etcd }, etcdFailingSince: null });
    // From now on the slot's data is there.
    const { agentId: lastAgentId, hostname: lastHostname } = task;
    plan.patchSlot(slot, { lastAgentId, lastHostname });
  }
  const { secrets, cluster } = plan.memory;
  const token = cluster.spec.jupyter.auth === "none" ? "" : secrets.jupyterToken;
  const jupyter = { token, cookieSecret: secrets.cookieSecret };
  const apiVersion = commonApiVersion(agentVersion?.apiVersions ?? [1]) ?? 1;
  const command = { apiVersion, commandId, etcd, jupyter };
  plan.addAction({ type: "StartEtcd", slot, taskId: task.taskId, ip, command });
}
