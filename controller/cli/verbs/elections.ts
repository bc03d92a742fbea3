/** `elections`: who became leader when and why, and who voted for whom. */
import { Command, Option } from "commander";
import { electionStories, electionsTable } from "../render/election-text.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { wholeNumber } from "../options/parsers.ts";
import type { CliContext } from "../context.ts";
import type { Election } from "../../model/election.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";

/** Stories that fit on a screen or two. */
const STORIES = 3;

interface ElectionsOptions extends ConnectionOptions, NamespaceOptions {
  readonly latest?: number;
  readonly summary?: boolean;
  readonly output?: StructuredFormat;
}

export function electionsCommand(context: CliContext): Command {
  const command = new Command("elections")
    .summary("the latest elections of a cluster, step by step")
    .description(
      "Tell the latest elections of a cluster as its members' own etcd logged them, the newest " +
        "last: for each the term, why and when it was, and a table of the nodes after each step. " +
        "VOTES is what a candidate has got of what it needs; a pre-vote, which only asks who " +
        "would be voted for, is in parentheses; ? is a node that was not heard. Names are those " +
        "from before the election.",
    )
    .argument("<name>", "name of the cluster")
    .addOption(
      new Option(
        "--latest <n>",
        `how many elections, the newest ones (default: ${STORIES}; with --summary or -o all)`,
      ).argParser(wholeNumber(1)),
    )
    .option("--summary", "one election a line, the newest first")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster elections lab                  the last three, step by step
  jupyter-cluster elections lab --latest 1       the last one
  jupyter-cluster elections lab --summary        all that are remembered, one a line`,
    )
    .action((name: string, options: ElectionsOptions) =>
      withClient(options, async (client) => {
        const { status } = await client.get({ namespace: options.namespace, name });
        tell(context, status.elections, options);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

function tell(
  { stdout, stderr, now }: CliContext,
  elections: readonly Election[],
  { latest, summary, output }: ElectionsOptions,
): void {
  const newest = elections.slice(-(latest ?? elections.length));
  if (output !== undefined) stdout.write(formatObject(newest, output));
  else if (elections.length === 0) stderr.write("No elections.\n");
  else if (summary) stdout.write(electionsTable(newest, now()));
  else stdout.write(electionStories(elections, latest ?? STORIES, now()));
}
