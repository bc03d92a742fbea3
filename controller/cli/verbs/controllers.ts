/** `controllers`: which controller acts, and which stand by. */
import { Command } from "commander";
import { addConnectionOptions, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { renderTable } from "../render/table.ts";
import { ageOf } from "../render/units.ts";
import type { ControllerEntry } from "../../api/controller-status.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";

const FORMATS = ["json", "yaml"] as const;

interface ControllersOptions extends ConnectionOptions {
  readonly output?: (typeof FORMATS)[number];
}

export function controllersCommand(context: CliContext): Command {
  const command = new Command("controllers")
    .summary("which controller acts, and which stand by")
    .description(
      "List the controllers that share one state, as the one at --api sees them: who acts, in " +
        "which term and for how long, and who stands by.",
    )
    .addOption(outputOption(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster controllers              as a table
  jupyter-cluster controllers -o json      with the processes' ids`,
    )
    .action((options: ControllersOptions) =>
      withClient(options, async (client) => {
        const { controllers } = await client.status();
        const { output } = options;
        const text =
          output === undefined
            ? table(controllers, context.now())
            : formatObject({ items: controllers }, output);
        context.stdout.write(text);
      }),
    );
  return addConnectionOptions(command, context);
}

function table(controllers: readonly ControllerEntry[], now: number): string {
  const rows = controllers.map((controller) => [
    controller.role,
    controller.hostname,
    String(controller.pid),
    controller.apiUrl,
    controller.term === null ? "" : String(controller.term),
    controller.since === null ? "" : ageOf(controller.since, now),
    ageOf(controller.startedAt, now),
    controller.version,
  ]);
  return renderTable(["ROLE", "HOST", "PID", "API", "TERM", "ACTS FOR", "AGE", "VERSION"], rows);
}
