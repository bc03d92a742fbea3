/** Options of the verbs that run a controller in this process: `up` and `controller`. */
import { Option } from "commander";
import { addStateDirOption, API_VARIABLE, DEFAULT_API } from "./connection.ts";
import { addEnvironmentOption } from "./environment.ts";
import { addMesosOptions } from "./mesos.ts";
import { hostPort, ipv4Port } from "./parsers.ts";
import { LOG_LEVELS } from "../../support/logger.ts";
import type { LogLevel } from "../../support/logger.ts";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { MesosOptions } from "./mesos.ts";
import type { HostPort } from "../../support/host-port.ts";

export const DEFAULT_MESOS_LOCAL = "127.0.0.1:5050";

export const LOG_LEVEL_OPTION = new Option("--log-level <level>", "how much is logged")
  .choices(LOG_LEVELS)
  .default("info");

export interface ControllerCliOptions extends MesosOptions {
  readonly mesosLocalAddress: HostPort;
  readonly api: HostPort;
  readonly agentImage?: string;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
}

export function addControllerOptions(command: Command, context: CliContext): Command {
  const api = new Option("--api <host:port>", "where the HTTP API listens")
    .argParser(hostPort)
    .default(hostPort(DEFAULT_API), DEFAULT_API);
  addMesosOptions(addStateDirOption(command, context), context);
  return addEnvironmentOption(command, context, api, API_VARIABLE)
    .addOption(
      new Option("--mesos-local-address <host:port>", "where the embedded master listens")
        .argParser(ipv4Port)
        .default(ipv4Port(DEFAULT_MESOS_LOCAL), DEFAULT_MESOS_LOCAL),
    )
    .addOption(
      new Option(
        "--agent-image <ref>",
        "image of clusters whose spec names none; left out: the one this version builds",
      ),
    )
    .addOption(LOG_LEVEL_OPTION);
}
