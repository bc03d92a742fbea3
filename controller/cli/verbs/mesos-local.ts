/** `mesos-local`: the embedded Mesos master and its agents alone. */
import { Command, Option } from "commander";
import { agentOption } from "../options/local-agent.ts";
import { DEFAULT_MESOS_LOCAL, LOG_LEVEL_OPTION } from "../options/controller.ts";
import { ipv4Port } from "../options/parsers.ts";
import { supervise } from "../machine/supervise.ts";
import { systemClock } from "../../support/clock.ts";
import { createLogger } from "../../support/logger.ts";
import type { CliContext } from "../context.ts";
import type { HostPort } from "../../support/host-port.ts";
import type { LocalAgentOptions } from "../../mesos-local/options.ts";
import type { LogLevel } from "../../support/logger.ts";

interface MesosLocalVerbOptions {
  readonly listen: HostPort;
  readonly stateDir: string;
  readonly agent?: readonly LocalAgentOptions[];
  readonly logLevel: LogLevel;
}

export function mesosLocalCommand(context: CliContext): Command {
  return new Command("mesos-local")
    .summary("run the embedded Mesos master and its agents alone")
    .description(
      "Run the embedded Mesos master, which speaks the v1 scheduler API, with one or more agents " +
        "that all use this machine's Docker Engine. Without --agent there is one, with what this " +
        "machine has. Its state lets a restart find the running containers again.",
    )
    .addOption(
      new Option("--listen <host:port>", "where the master listens")
        .argParser(ipv4Port)
        .default(ipv4Port(DEFAULT_MESOS_LOCAL), DEFAULT_MESOS_LOCAL),
    )
    .requiredOption("--state-dir <dir>", "directory of this master alone")
    .addOption(
      new Option(
        "--agent <fields>",
        "an agent: hostname=…,cpus=…,mem=…[,disk=…][,attributes=NAME:VALUE;…]; repeatable",
      ).argParser(agentOption),
    )
    .addOption(LOG_LEVEL_OPTION)
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster mesos-local --state-dir /tmp/mesos
  jupyter-cluster mesos-local --state-dir /tmp/mesos \\
    --agent "hostname=a,cpus=2,mem=4Gi,attributes=rack:r1;zone:z1" \\
    --agent "hostname=b,cpus=2,mem=4Gi,attributes=rack:r2;zone:z1"
  jupyter-cluster controller --spec lab.yaml --mesos ${DEFAULT_MESOS_LOCAL}`,
    )
    .action((options: MesosLocalVerbOptions) => run(context, options));
}

async function run(context: CliContext, options: MesosLocalVerbOptions): Promise<void> {
  const { startMesosLocal } = await import("../../mesos-local/main.ts");
  const log = createLogger({ level: options.logLevel, destination: context.stderr });
  const running = await startMesosLocal({
    ...options.listen,
    stateDir: options.stateDir,
    ...(options.agent === undefined ? {} : { agents: options.agent }),
    clock: systemClock,
    log,
  });
  context.setExitCode(await supervise(context, running, log));
}
