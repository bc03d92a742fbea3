/** `snapshot restore`: etcd goes back to a snapshot, or begins empty, when a person agrees. */
import { Command } from "commander";
import { EventLog } from "../render/event-log.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { restoreWarning } from "../render/restore-warning.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { clusterKey } from "../../model/ids.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { ClusterRef } from "../../model/ids.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";

interface RestoreOptions extends ConnectionOptions, NamespaceOptions {
  readonly empty?: boolean;
  readonly yes?: boolean;
  readonly watch?: boolean;
}

export function snapshotRestoreCommand(context: CliContext): Command {
  const command = new Command("restore")
    .summary("go back to a snapshot, or begin with an empty etcd")
    .description(
      "Stop every container of the cluster and begin its etcd anew: with a snapshot, or empty. " +
        "Whatever etcd holds now is lost. Says so and asks before anything is done.",
    )
    .argument("<name>", "name of the cluster")
    .argument("[id]", "the snapshot, as `snapshot list` has it")
    .option("--empty", "begin with nothing, instead of a snapshot")
    .option("-y, --yes", "don't ask")
    .option("-w, --watch", "go on and tell what happens until the cluster is Ready again")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster snapshot restore lab 20261125T023000123Z-r42 -w
  jupyter-cluster snapshot restore lab "$(jupyter-cluster snapshot list lab -o name | tail -1)"
  jupyter-cluster snapshot restore lab --empty --yes`,
    )
    .action((name: string, id: string | undefined, options: RestoreOptions) => {
      if ((id === undefined) === (options.empty !== true)) {
        command.error("error: name a snapshot, or say --empty (and not both)");
      }
      return withClient(options, (client) =>
        restore(context, client, { namespace: options.namespace, name }, id ?? null, options),
      );
    });
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function restore(
  context: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  id: string | null,
  options: RestoreOptions,
): Promise<void> {
  const before = await client.get(ref);
  const snapshot = id === null ? null : findSnapshot(id, ref, await client.snapshots(ref));
  context.stderr.write(restoreWarning(before, snapshot, context.now()));
  await requireConsent(context, ref, options);
  await client.restore(ref, id);
  const what = id ?? "an empty etcd";
  context.stderr.write(`The controller restores ${ref.name} to ${what}.\n`);
  if (options.watch === true) await watchUntilReady(context, client, ref, before);
  else context.stderr.write(`Watch it: jupyter-cluster events ${ref.name} -w\n`);
}

function findSnapshot(
  id: string,
  { name }: ClusterRef,
  snapshots: readonly SnapshotInfo[],
): SnapshotInfo {
  const found = snapshots.find((s) => s.id === id);
  if (found !== undefined) return found;
  const there = snapshots.map((s) => s.id).join(", ") || "none";
  const message = `Cluster ${name} has no snapshot ${id}; it has: ${there}.`;
  throw new OperationError(ERROR_CODES.NOT_FOUND, "snapshot restore", message);
}

async function requireConsent(
  context: CliContext,
  { name }: ClusterRef,
  { yes }: RestoreOptions,
): Promise<void> {
  if (yes === true) return;
  const agreed = context.confirm !== null && (await context.confirm(`Restore ${name}?`));
  if (agreed) return;
  const hint = context.confirm === null ? " Without a terminal to ask on, say --yes." : "";
  const message = `Nothing was restored.${hint}`;
  throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "snapshot restore", message);
}

async function watchUntilReady(
  context: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  before: JupyterClusterObject,
): Promise<void> {
  const log = new EventLog();
  // What happened before it was asked for is old.
  log.news(clusterKey(ref), await client.events(ref));
  for await (const { type, object } of client.watch(ref.namespace)) {
    if (object.metadata.name !== ref.name) continue;
    if (type === "DELETED") break;
    for (const { reason, message } of log.news(clusterKey(ref), await client.events(ref))) {
      context.stderr.write(`${reason}: ${message}\n`);
    }
    const { etcd, lastRecovery, conditions } = object.status;
    const ready = conditions.some((c) => c.type === "Ready" && c.status === "True");
    if (etcd.recoveries <= before.status.etcd.recoveries || !ready) continue;
    context.stderr.write(`${lastRecovery?.message ?? "It is done."}\n${ref.name} is Ready.\n`);
    return;
  }
  const message = `The watch of ${ref.name} has ended before it was Ready again.`;
  throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "snapshot restore", message);
}
