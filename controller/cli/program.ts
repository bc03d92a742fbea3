/** The command line as a whole: every verb, registered. */
import { Command } from "commander";
import { adoptCommand } from "./verbs/adopt.ts";
import { completionCommand } from "./verbs/completion.ts";
import { controllerCommand } from "./verbs/controller.ts";
import { controllersCommand } from "./verbs/controllers.ts";
import { copyCommand } from "./verbs/copy.ts";
import { diffCommand } from "./verbs/diff.ts";
import { describeCommand } from "./verbs/describe.ts";
import { downCommand } from "./verbs/down.ts";
import { electionsCommand } from "./verbs/elections.ts";
import { dumpCommand } from "./verbs/dump.ts";
import { eventsCommand } from "./verbs/events.ts";
import { execCommand } from "./verbs/exec.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { getCommand } from "./verbs/get.ts";
import { killCommand } from "./verbs/kill.ts";
import { historyCommand } from "./verbs/history.ts";
import { kernelsCommand } from "./verbs/kernels.ts";
import { kubeconfigCommand } from "./verbs/kubeconfig.ts";
import { logsCommand } from "./verbs/logs.ts";
import { mesosLocalCommand } from "./verbs/mesos-local.ts";
import { offersCommand } from "./verbs/offers.ts";
import { operationsCommand } from "./verbs/operations.ts";
import { pageCommand } from "./verbs/page.ts";
import { planCommand } from "./verbs/plan.ts";
import { rebalanceCommand } from "./verbs/rebalance.ts";
import { snapshotCommand } from "./verbs/snapshot.ts";
import { stateCommand } from "./verbs/state.ts";
import { systemdUnitCommand } from "./verbs/systemd-unit.ts";
import { topCommand } from "./verbs/top.ts";
import { undoCommand } from "./verbs/undo.ts";
import { upCommand } from "./verbs/up.ts";
import { urlCommand } from "./verbs/url.ts";
import { validateCommand } from "./verbs/validate.ts";
import { RELEASE } from "../model/release.ts";
import type { CliContext } from "./context.ts";

type VerbFactory = (context: CliContext) => Command;

const GROUPS: readonly (readonly [string, readonly VerbFactory[]])[] = [
  ["Start and stop:", [upCommand, downCommand]],
  [
    "Spec files:",
    [
      (context) => validateCommand(context),
      planCommand,
      copyCommand,
      historyCommand,
      diffCommand,
      undoCommand,
    ],
  ],
  [
    "Look:",
    [
      ...[getCommand, describeCommand, eventsCommand, electionsCommand, operationsCommand],
      ...[offersCommand, topCommand, kernelsCommand, pageCommand, urlCommand, dumpCommand],
    ],
  ],
  ["Nodes:", [execCommand, logsCommand, killCommand, rebalanceCommand]],
  ["Data:", [snapshotCommand, adoptCommand]],
  [
    "Production:",
    [
      ...[controllerCommand, controllersCommand, stateCommand, mesosLocalCommand],
      ...[kubeconfigCommand, systemdUnitCommand, completionCommand],
    ],
  ],
];

export function buildProgram(context: CliContext): Command {
  const program = new Command("jupyter-cluster")
    .description(
      "A self-healing JupyterLab cluster from one YAML file, on Apache Mesos offers and etcd.",
    )
    .version(RELEASE, "-V, --version", "print the version")
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
      // What was wrong is repeated, and may have a password in it.
      outputError: (text, write) => write(withoutPasswords(text)),
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

/** `USER:PASSWORD@` in an address, up to its last @; one of ZooKeeper may hold any character. */
function withoutPasswords(text: string): string {
  const shown = text.replace(/(\b(?:zk|etcds?):\/\/[^:@\n]*:).*(?=@)/gi, "$1[redacted]");
  return shown.replace(/((?:[a-z]+:\/\/)?[^\s'":]*:)[^\s'"]+(?=@)/gi, "$1[redacted]");
}
