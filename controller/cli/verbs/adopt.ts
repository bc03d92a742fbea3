/** `adopt`: a cluster takes over the volumes that another of its name has left. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { adoptionWarning, foreignTable } from "../render/adoption-text.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { ownersOf } from "../../model/holdings.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

interface AdoptOptions extends ConnectionOptions, NamespaceOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function adoptCommand(context: CliContext): Command {
  const command = new Command("adopt")
    .summary("take over the volumes of another cluster of this name")
    .description(
      "Take over the volumes and the network that another cluster of the same name has made on " +
        "this machine's Docker Engine, with all data: another person's, or one's own whose state " +
        "directory is lost. Shows what they are and whose, and asks before anything is done.",
    )
    .argument("<name>", "name of the cluster")
    .option("--dry-run", "only show what would be taken over")
    .option("-y, --yes", "don't ask")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster adopt lab --dry-run      what is there, and whose it is
  jupyter-cluster adopt lab                the cluster goes on with the data in it`,
    )
    .action((name: string, options: AdoptOptions) => adopt(context, name, options));
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function adopt(context: CliContext, name: string, options: AdoptOptions): Promise<void> {
  await withClient(options, async (client) => {
    const ref = { namespace: options.namespace, name };
    const { items, containers } = await client.foreign(ref);
    if (items.length === 0) {
      context.stderr.write(`Nothing that ${name} would use belongs to another cluster.\n`);
      return;
    }
    context.stdout.write(foreignTable(items));
    context.stderr.write(adoptionWarning(name, items));
    if (containers.length > 0) {
      context.stderr.write(`Containers are at work on them: ${containers.join(", ")}.\n`);
    }
    if (options.dryRun === true) {
      context.stderr.write("Nothing was taken over: it was a dry run.\n");
      return;
    }
    await requireConsent(context, name, options);
    await client.adopt(ref, ownersOf(items));
    context.stderr.write(`${name} takes them over. Watch it: jupyter-cluster events ${name} -w\n`);
  });
}

async function requireConsent(
  context: CliContext,
  name: string,
  { yes }: AdoptOptions,
): Promise<void> {
  if (yes === true) return;
  const question = `Take them over for ${name}?`;
  const agreed = context.confirm !== null && (await context.confirm(question));
  if (agreed) return;
  const hint = context.confirm === null ? " Without a terminal to ask on, say --yes." : "";
  const message = `Nothing was taken over.${hint}`;
  throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "adopt", message);
}
