/** `rebalance`: nodes move one by one onto hosts that came later, when a person agrees. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { movesTable, rebalanceWarning } from "../render/rebalance-text.ts";
import { EXIT } from "../exit-codes.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { ClusterRef } from "../../model/ids.ts";
import type { RebalanceAction, RebalanceStatus } from "../../model/rebalance.ts";

interface RebalanceOptions extends ConnectionOptions, NamespaceOptions {
  readonly cancel?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly watch?: boolean;
}

export function rebalanceCommand(context: CliContext): Command {
  const command = new Command("rebalance")
    .summary("move nodes to hosts that came later")
    .description(
      "Move nodes one by one to hosts where the cluster is better spread (spec.placement), the leader's " +
        "node last. Each becomes a new etcd member on its new host. Says what would be moved, and asks " +
        "before anything is done. It goes on without this command, also when the controller is restarted.",
    )
    .argument("<name>", "name of the cluster")
    .option("--dry-run", "only say which nodes would be moved")
    .option("--cancel", "move no more nodes")
    .option("-y, --yes", "don't ask")
    .option("-w, --watch", "go on until it has ended; exit 1 when a better place was missing")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster rebalance lab --dry-run    what would be moved, and where to
  jupyter-cluster rebalance lab -w           do it, and say how it ended
  jupyter-cluster rebalance lab --cancel`,
    )
    .action((name: string, options: RebalanceOptions) => {
      if (options.cancel === true && (options.dryRun === true || options.watch === true)) {
        command.error("error: --cancel goes with neither --dry-run nor --watch");
      }
      return withClient(options, (client) =>
        rebalance(context, client, { namespace: options.namespace, name }, options),
      );
    });
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function rebalance(
  context: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  options: RebalanceOptions,
): Promise<void> {
  const { stderr } = context;
  const { status } = await client.get(ref);
  const latest = status.rebalance;
  const isUnderWay = latest !== null && latest.endedAt === null && !latest.preview;
  if (options.cancel === true) {
    if (isUnderWay) await client.rebalance(ref, "cancel");
    const more = isUnderWay ? "no more nodes are moved" : "no nodes are being moved";
    stderr.write(`${ref.name}: ${more}.\n`);
    return;
  }
  if (isUnderWay) {
    stderr.write(`Nodes of ${ref.name} are being moved already: ${latest.message}.\n`);
    if (options.watch === true) tellEnd(context, await endOf(client, ref, () => true));
    return;
  }
  const preview = await ask(client, ref, "preview");
  if (preview.moves.length === 0) {
    stderr.write(`${sentence(preview.message)}\n`);
    return;
  }
  context.stdout.write(movesTable(preview.moves));
  stderr.write(rebalanceWarning(preview.moves, status));
  if (options.dryRun === true) {
    stderr.write("Nothing was moved: it was a dry run.\n");
    return;
  }
  await requireConsent(context, ref, options);
  if (options.watch === true) return tellEnd(context, await ask(client, ref, "start"));
  await client.rebalance(ref, "start");
  stderr.write(`Nodes of ${ref.name} are moved. Watch it: jupyter-cluster events ${ref.name} -w\n`);
}

/** Asks for it, and waits until what was asked for has ended. */
async function ask(
  client: ApiClient,
  ref: ClusterRef,
  action: Exclude<RebalanceAction, "cancel">,
): Promise<RebalanceStatus> {
  const before = (await client.get(ref)).status.rebalance?.requestedAt;
  await client.rebalance(ref, action);
  return endOf(client, ref, ({ requestedAt }) => requestedAt !== before);
}

/** The controller sees to it that each comes to an end. */
async function endOf(
  client: ApiClient,
  ref: ClusterRef,
  isMeant: (status: RebalanceStatus) => boolean,
): Promise<RebalanceStatus> {
  for await (const { type, object } of client.watch(ref.namespace)) {
    if (object.metadata.name !== ref.name) continue;
    if (type === "DELETED") break;
    const { rebalance: status } = object.status;
    if (status !== null && isMeant(status) && status.endedAt !== null) return status;
  }
  const message = `The watch of ${ref.name} has ended before its rebalance did.`;
  throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "rebalance", message);
}

function tellEnd(context: CliContext, { state, message }: RebalanceStatus): void {
  context.stderr.write(`${state}: ${message}\n`);
  if (state !== "Succeeded") context.setExitCode(EXIT.NEGATIVE);
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

async function requireConsent(
  context: CliContext,
  { name }: ClusterRef,
  { yes }: RebalanceOptions,
): Promise<void> {
  if (yes === true) return;
  const agreed = context.confirm !== null && (await context.confirm(`Move them, for ${name}?`));
  if (agreed) return;
  const hint = context.confirm === null ? " Without a terminal to ask on, say --yes." : "";
  const message = `Nothing was moved.${hint}`;
  throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "rebalance", message);
}
