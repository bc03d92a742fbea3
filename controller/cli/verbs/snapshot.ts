/** `snapshot`: copies of etcd's data outside the nodes, and the way back to one. */
import { Command } from "commander";
import { snapshotRestoreCommand } from "./snapshot-restore.ts";
import { snapshotLine, snapshotTable } from "../render/snapshot-text.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";

const FORMATS = ["json", "yaml", "name"] as const;

interface SnapshotOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: (typeof FORMATS)[number];
}

export function snapshotCommand(context: CliContext): Command {
  return new Command("snapshot")
    .summary("copies of etcd's data: save, list, restore")
    .description(
      "Save, list and restore snapshots of a cluster's etcd. The controller takes them by itself " +
        "too (etcd.snapshots in the spec), and restores the newest when all data is lost.",
    )
    .addCommand(saveCommand(context))
    .addCommand(listCommand(context))
    .addCommand(snapshotRestoreCommand(context))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster snapshot save lab        take one now
  jupyter-cluster snapshot list lab        newest last
  jupyter-cluster snapshot restore lab 20261125T023000123Z-r42`,
    );
}

function saveCommand(context: CliContext): Command {
  const command = new Command("save")
    .summary("take a snapshot now")
    .description(
      "Take a snapshot of the cluster's etcd now, and return when it is stored and verified. It " +
        "holds whatever was written before.",
    )
    .argument("<name>", "name of the cluster")
    .addOption(outputOption(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster snapshot save lab
  id=$(jupyter-cluster snapshot save lab -o name)`,
    )
    .action((name: string, options: SnapshotOptions) =>
      withClient(options, async (client) => {
        const saved = await client.takeSnapshot({ namespace: options.namespace, name });
        const { output } = options;
        if (output === undefined) context.stdout.write(`saved ${snapshotLine(saved)}\n`);
        else if (output === "name") context.stdout.write(names([saved]));
        else context.stdout.write(formatObject(saved, output));
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list")
    .summary("list the snapshots of a cluster, newest last")
    .description("List the snapshots of a cluster that are whole, newest last.")
    .argument("<name>", "name of the cluster")
    .addOption(outputOption(FORMATS))
    .addHelpText("after", "\nExamples:\n  jupyter-cluster snapshot list lab -o name | tail -1")
    .action((name: string, options: SnapshotOptions) =>
      withClient(options, async (client) => {
        const ref = { namespace: options.namespace, name };
        const snapshots = await client.snapshots(ref);
        const { output } = options;
        if (output === "name") context.stdout.write(names(snapshots));
        else if (output !== undefined) context.stdout.write(formatObject(snapshots, output));
        else if (snapshots.length === 0) context.stderr.write(`No snapshots of ${name} yet.\n`);
        else context.stdout.write(snapshotTable(snapshots, context.now()));
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

function names(snapshots: readonly SnapshotInfo[]): string {
  return snapshots.map(({ id }) => `${id}\n`).join("");
}
