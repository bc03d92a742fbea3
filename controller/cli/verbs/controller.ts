/** `controller`: the controller without the show, for a supervisor such as systemd. */
import { Command } from "commander";
import { addControllerOptions } from "../options/controller.ts";
import { supervise } from "../machine/supervise.ts";
import { createLogger } from "../../support/logger.ts";
import type { CliContext } from "../context.ts";
import type { ControllerCliOptions } from "../options/controller.ts";

interface ControllerVerbOptions extends ControllerCliOptions {
  readonly spec: string;
}

export function controllerCommand(context: CliContext): Command {
  const command = new Command("controller")
    .summary("run the controller alone, with JSON logs")
    .description(
      "Run the controller without the show of `up`: logs go to stderr as JSON lines (readable " +
        "ones on a terminal). SIGTERM or Ctrl-C ends it and leaves the containers running.",
    )
    .requiredOption("--spec <path>", "spec file, or directory of spec files, to watch")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster controller --spec /etc/jupyter-cluster/ --mesos m1:5050,m2:5050,m3:5050
  jupyter-cluster controller --spec lab.yaml --log-level debug`,
    )
    .action((options: ControllerVerbOptions) => run(context, options));
  return addControllerOptions(command, context);
}

async function run(context: CliContext, options: ControllerVerbOptions): Promise<void> {
  const log = createLogger({ level: options.logLevel, destination: context.stderr });
  const { agentImage, runController } = await import("../machine/run-controller.ts");
  const onProgress = (line: string) => log.info({ line }, "building the agent image");
  const image = await agentImage(context, options, log, onProgress);
  const running = await runController(options, options.spec, image, log);
  context.setExitCode(await supervise(context, running, log));
}
