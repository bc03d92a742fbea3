/** Options of the verbs that run a controller in this process: `up` and `controller`. */
import { Option } from "commander";
import { addStateDirOption, API_VARIABLE, DEFAULT_API } from "./connection.ts";
import { addEnvironmentOption } from "./environment.ts";
import { addMesosOptions } from "./mesos.ts";
import { readCredential } from "./mesos-files.ts";
import { hostPort, ipv4Port } from "./parsers.ts";
import { LOG_LEVELS } from "../../support/logger.ts";
import type { LogLevel } from "../../support/logger.ts";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { MesosOptions } from "./mesos.ts";
import { addStateOptions, type StateOptions } from "./state.ts";
import { addWebhookOptions, type WebhookOptions } from "./webhook.ts";
import type { MesosCredential } from "../../mesos/http/transport.ts";
import type { HostPort } from "../../support/host-port.ts";

export const LOG_LEVEL_OPTION = new Option("--log-level <level>", "how much is logged")
  .choices(LOG_LEVELS)
  .default("info");

export interface ControllerCliOptions extends MesosOptions, StateOptions, WebhookOptions {
  readonly mesosNewFramework?: boolean;
  /** Left out: other programs' frameworks can't reach the embedded master. */
  readonly mesosLocalAddress?: HostPort;
  readonly mesosLocalCredentialFile?: MesosCredential;
  readonly api: HostPort;
  readonly agentImage?: string;
  readonly stateDir: string;
  readonly standby?: boolean;
  readonly logLevel: LogLevel;
}

export function addControllerOptions(command: Command, context: CliContext): Command {
  const api = new Option("--api <host:port>", "where the HTTP API listens")
    .argParser(hostPort)
    .default(hostPort(DEFAULT_API), DEFAULT_API);
  addStateOptions(addStateDirOption(command, context), context);
  addMesosOptions(command, context);
  addWebhookOptions(command, context);
  return addEnvironmentOption(command, context, api, API_VARIABLE)
    .addOption(
      new Option(
        "--standby",
        "if another controller acts on the same state, serve beside it and take over when it ends",
      ),
    )
    .addOption(
      new Option(
        "--mesos-new-framework",
        "if Mesos has removed our framework (exit 6), register another one and go on with the data",
      ),
    )
    .addOption(
      new Option(
        "--mesos-local-address <host:port>",
        "where the embedded master listens for frameworks of other programs; left out: nowhere",
      ).argParser(ipv4Port),
    )
    .addOption(
      new Option(
        "--mesos-local-credential-file <file>",
        "who may come in there: `PRINCIPAL SECRET`, or JSON with both; left out: one is made in " +
          "the state directory",
      ).argParser(readCredential),
    )
    .addOption(
      new Option(
        "--agent-image <ref>",
        "image of clusters whose spec names none; left out: the one this version builds",
      ),
    )
    .addOption(LOG_LEVEL_OPTION)
    .hook("preAction", () => {
      const options = command.opts<ControllerCliOptions>();
      requireDoor(command, options);
      requireCommonMesos(command, options);
    });
}

/** Whoever takes over on another host would find an embedded master that knows no task. */
function requireCommonMesos(command: Command, { state, mesos }: ControllerCliOptions): void {
  if (state.kind !== "etcd" || mesos.kind !== "local") return;
  const message = "is of one host; controllers that share an etcd want a --mesos that all reach";
  command.error(`error: option '--mesos local' ${message}.`);
}

/** What is said of a door that is not opened would be silently of no effect. */
function requireDoor(command: Command, options: ControllerCliOptions): void {
  const { mesos, mesosLocalAddress, mesosLocalCredentialFile } = options;
  const option =
    mesosLocalAddress === undefined ? "--mesos-local-credential-file" : "--mesos-local-address";
  if (mesosLocalCredentialFile !== undefined && mesosLocalAddress === undefined) {
    command.error(`error: option '${option}' wants --mesos-local-address beside it.`);
  }
  if (mesosLocalAddress !== undefined && mesos.kind !== "local") {
    command.error(`error: option '${option}' is for the embedded master (--mesos local).`);
  }
}
