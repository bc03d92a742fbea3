/** Options of the verbs that run a controller in this process: `up` and `controller`. */
import { Option } from "commander";
import { hostPort, ipv4Port } from "./host-port.ts";
import { addStateDirOption, DEFAULT_API } from "./connection.ts";
import { LOG_LEVELS } from "../../support/logger.ts";
import type { LogLevel } from "../../support/logger.ts";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { HostPort } from "../../support/host-port.ts";

export const DEFAULT_MESOS_LOCAL = "127.0.0.1:5050";

export const LOG_LEVEL_OPTION = new Option("--log-level <level>", "how much is logged")
  .choices(LOG_LEVELS)
  .default("info");

export interface ControllerCliOptions {
  /** `local`, or `host:port[,host:port…]`. */
  readonly mesos: string;
  readonly mesosLocalAddress: HostPort;
  readonly api: HostPort;
  readonly agentImage?: string;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
}

export function addControllerOptions(command: Command, context: CliContext): Command {
  const api = context.env["JUPYTER_CLUSTER_API"] || DEFAULT_API;
  return addStateDirOption(command, context)
    .addOption(
      new Option(
        "--mesos <where>",
        "local: the embedded master on this machine's Docker; else the masters, HOST:PORT,…",
      ).default("local"),
    )
    .addOption(
      new Option("--mesos-local-address <host:port>", "where the embedded master listens")
        .argParser(ipv4Port)
        .default(ipv4Port(DEFAULT_MESOS_LOCAL), DEFAULT_MESOS_LOCAL),
    )
    .addOption(
      new Option("--api <host:port>", "where the HTTP API listens (env JUPYTER_CLUSTER_API)")
        .argParser(hostPort)
        .default(hostPort(api), api),
    )
    .addOption(
      new Option(
        "--agent-image <ref>",
        "image of clusters whose spec names none; left out: the one this version builds",
      ),
    )
    .addOption(LOG_LEVEL_OPTION);
}
