/** The command line as a whole: every verb, registered. */
import { Command } from "commander";
import { controllerCommand } from "./controller.ts";
import { describeCommand } from "./describe.ts";
import { downCommand } from "./down.ts";
import { electionsCommand } from "./elections.ts";
import { eventsCommand } from "./events.ts";
import { execCommand } from "./exec.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { getCommand } from "./get.ts";
import { killCommand } from "./kill.ts";
import { logsCommand } from "./logs.ts";
import { mesosLocalCommand } from "./mesos-local.ts";
import { planCommand } from "./plan.ts";
import { snapshotCommand } from "./snapshot.ts";
import { upCommand } from "./up.ts";
import { urlCommand } from "./url.ts";
import { validateCommand } from "./validate.ts";
import { VERSION } from "../support/version.ts";
import type { CliContext } from "./context.ts";

type VerbFactory = (context: CliContext) => Command;

const GROUPS: readonly (readonly [string, readonly VerbFactory[]])[] = [
  ["Start and stop:", [upCommand, downCommand]],
  ["Spec files:", [(context) => validateCommand(context), planCommand]],
  ["Look:", [getCommand, describeCommand, eventsCommand, electionsCommand, urlCommand]],
  ["Nodes:", [execCommand, logsCommand, killCommand]],
  ["Data:", [snapshotCommand]],
  ["Production:", [controllerCommand, mesosLocalCommand]],
];

export function buildProgram(context: CliContext): Command {
  const program = new Command("jupyter-cluster")
    .description(
      "A self-healing JupyterLab cluster from one YAML file, on Apache Mesos offers and etcd.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [verb]", "show help for a verb")
    .option("--debug", "show stack traces with errors (env JUPYTER_CLUSTER_DEBUG)")
    .addHelpText("after", EXIT_CODES_HELP)
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster up                       start everything on manifests/cluster.yaml
  jupyter-cluster kill lab-0               kill the leader and watch another take over
  jupyter-cluster <verb> --help            options and examples of a verb`,
    )
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
    });
  for (const [group, factories] of GROUPS) {
    program.commandsGroup(group);
    for (const factory of factories) {
      const verb = inherit(factory(context), program);
      program.addCommand(verb.helpGroup(group));
    }
  }
  return program;
}

/** Also what is below a verb: it was added before the verb had anything to hand on. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const below of command.commands) inherit(below, command);
  return command;
}
