/** `undo`: a spec that was in force before, in force again. */
import { Command } from "commander";
import { colorsFor } from "../context.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { wholeNumber } from "../options/parsers.ts";
import { diffText } from "../render/history-text.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { ClusterRef } from "../../model/ids.ts";

interface UndoOptions extends ConnectionOptions, NamespaceOptions {
  readonly to?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function undoCommand(context: CliContext): Command {
  const command = new Command("undo")
    .summary("go back to a spec that was in force before")
    .description(
      "Put back a spec of the cluster that was in force before: the controller writes it into the " +
        "spec file, whose comments stay where they can. Shows what changes, and asks first. Where the " +
        "file has errors now, it gets back what is still in force.",
    )
    .argument("<name>", "name of the cluster")
    .option("--to <generation>", "which one; left out: the one before", wholeNumber(1))
    .option("--dry-run", "only show what would change")
    .option("-y, --yes", "don't ask")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster undo lab            the latest change is taken back
  jupyter-cluster undo lab --to 3     as it was in generation 3 (see \`history\`)`,
    )
    .action((name: string, options: UndoOptions) =>
      withClient(options, (client) =>
        undo(context, client, { namespace: options.namespace, name }, options),
      ),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function undo(
  context: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  options: UndoOptions,
): Promise<void> {
  const { stderr } = context;
  const target = await targetOf(client, ref, options.to ?? null);
  const now = (await client.history(ref)).at(-1)?.generation ?? target;
  const diff = now === target ? "" : await client.diff(ref, now, target);
  context.stdout.write(diffText(diff, colorsFor(context, context.stdout)));
  if (now === target) stderr.write("The file gets back what is in force still.\n");
  if (options.dryRun === true) {
    stderr.write("Nothing was changed: it was a dry run.\n");
    return;
  }
  await requireConsent(context, ref, target, options);
  const { generation } = await client.undo(ref, target);
  stderr.write(
    `${ref.name} is as it was in generation ${target}; this is generation ${generation}.\n`,
  );
}

/** The controller knows whether the file is broken, and then what is in force counts. */
async function targetOf(client: ApiClient, ref: ClusterRef, to: number | null): Promise<number> {
  if (to !== null) return to;
  const [past, { status }] = [await client.history(ref), await client.get(ref)];
  const valid = status.conditions.find(({ type }) => type === "SpecValid");
  const isBroken = valid?.status === "False";
  const found = isBroken ? past.at(-1) : past.at(-2);
  if (found !== undefined) return found.generation;
  const message = `${ref.name} has had one spec only: there is nothing to go back to.`;
  throw new OperationError(ERROR_CODES.NOT_FOUND, "undo", message);
}

async function requireConsent(
  context: CliContext,
  { name }: ClusterRef,
  generation: number,
  { yes }: UndoOptions,
): Promise<void> {
  if (yes === true) return;
  const question = `Put back the spec of generation ${generation} of ${name}?`;
  const agreed = context.confirm === null ? null : await context.confirm(question);
  if (agreed === true) return;
  const message =
    agreed === null
      ? "Nobody is there to ask: say --yes, or --dry-run to see what would change."
      : "Nothing was changed.";
  throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "undo", message);
}
