/** `dump`: a support bundle, without secrets. */
import { createWriteStream } from "node:fs";
import { unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

type DumpOptions = ConnectionOptions & NamespaceOptions;

export function dumpCommand(context: CliContext): Command {
  const command = new Command("dump")
    .summary("a support bundle, without secrets")
    .description(
      "Write what helps somebody else to see what is wrong into a .tar.gz: status, spec and its " +
        "history, events, offers and what was made of them, snapshots, metrics, versions, and the end " +
        "of all logs, also of the containers before. Tokens and keys are left out.",
    )
    .argument("<name>", "name of the cluster")
    .argument("[file]", "where to; left out: NAME-TIME.tar.gz here. Nothing must be there yet")
    .addHelpText("after", "\nExamples:\n  jupyter-cluster dump lab")
    .action((name: string, file: string | undefined, options: DumpOptions) =>
      withClient(options, async (client) => {
        const time = new Date(context.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
        const path = file ?? `${name}-${time}.tar.gz`;
        const output = createWriteStream(path, { flags: "wx", mode: 0o600 });
        try {
          await pipeline(client.dump({ namespace: options.namespace, name }), output);
        } catch (error) {
          // What was there before is left alone; half a bundle is none.
          if (output.bytesWritten > 0 || output.pending === false) await unlink(path);
          if (error instanceof OperationError) throw error;
          const message = `${path} cannot be written: ${messageOf(error)}.`;
          throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "dump", message);
        }
        context.stdout.write(`${path}\n`);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
