/** `history`: the specs of a cluster that were in force. */
import { Command } from "commander";
import { stringify } from "yaml";
import { wholeNumber } from "../options/parsers.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { historyTable } from "../render/history-text.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { PastSpec } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";

interface HistoryOptions extends ConnectionOptions, NamespaceOptions {
  readonly generation?: number;
  readonly output?: StructuredFormat;
}

export function historyCommand(context: CliContext): Command {
  const command = new Command("history")
    .summary("the specs that were in force")
    .description(
      "List the latest ten specs of a cluster that were in force, the present one last, and what " +
        "each has changed.",
    )
    .argument("<name>", "name of the cluster")
    .option("--generation <number>", "print the spec of this one as YAML", wholeNumber(1))
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster history lab
  jupyter-cluster history lab --generation 3    the spec, to look at or to save`,
    )
    .action((name: string, options: HistoryOptions) =>
      withClient(options, async (client) => {
        const past = await client.history({ namespace: options.namespace, name });
        context.stdout.write(textOf(past, options, context.now()));
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

function textOf(
  past: readonly PastSpec[],
  { generation, output }: HistoryOptions,
  now: number,
): string {
  if (generation === undefined) {
    return output === undefined ? historyTable(past, now) : formatObject({ items: past }, output);
  }
  const found = past.find((one) => one.generation === generation);
  if (found !== undefined) {
    return output === "json" ? formatObject(found.spec, output) : stringify({ spec: found.spec });
  }
  const there = past.map((one) => one.generation).join(", ");
  const message = `There is no generation ${generation}; kept are: ${there}.`;
  throw new OperationError(ERROR_CODES.NOT_FOUND, "history", message);
}
