/** `mesos-local`: the embedded Mesos master and its agents alone. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { agentOption } from "../options/local-agent.ts";
import { LOG_LEVEL_OPTION } from "../options/controller.ts";
import { readCredential } from "../options/mesos-files.ts";
import { absoluteDirectory, ipv4Port } from "../options/parsers.ts";
import { supervise } from "../machine/supervise.ts";
import { systemClock } from "../../support/clock.ts";
import { createLogger } from "../../support/logger.ts";
import type { CliContext } from "../context.ts";
import type { HostPort } from "../../support/host-port.ts";
import type { MesosCredential } from "../../mesos/http/transport.ts";
import type { LocalAgentOptions } from "../../mesos-local/options.ts";
import type { LogLevel } from "../../support/logger.ts";

interface MesosLocalVerbOptions {
  readonly listen?: HostPort;
  readonly credentialFile?: MesosCredential;
  readonly hostPath?: readonly string[];
  readonly allowCommands?: true;
  readonly allowMounts?: true;
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
        "machine has. Its state lets a restart find the running containers again. It listens on a " +
        "Unix socket that this user alone can open; on TCP only with --listen, for whoever has the " +
        "credential.",
    )
    .addOption(
      new Option("--listen <host:port>", "where it listens on TCP; left out: nowhere").argParser(
        ipv4Port,
      ),
    )
    .addOption(
      new Option(
        "--credential-file <file>",
        "who may come in there: `PRINCIPAL SECRET`, or JSON with both; left out: one is made in " +
          "the state directory",
      ).argParser(readCredential),
    )
    .addOption(
      new Option(
        "--host-path <dir>",
        "a directory of this machine that tasks may mount, exactly this one; repeatable",
      ).argParser(absoluteDirectory),
    )
    .addOption(
      new Option(
        "--allow-commands",
        "tasks of whoever comes in there may be commands on this machine, as this user",
      ),
    )
    .option(
      "--allow-mounts",
      "tasks may mount file systems in their containers (storage types glusterfs and nfs): they get " +
        "/dev/fuse and SYS_ADMIN, with which a task can become root of this machine",
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
  jupyter-cluster controller --spec lab.yaml --mesos unix:/tmp/mesos/socket/mesos.sock
  jupyter-cluster mesos-local --state-dir /tmp/mesos --listen 127.0.0.1:5050`,
    )
    .action((options: MesosLocalVerbOptions) => run(context, options));
}

async function run(context: CliContext, options: MesosLocalVerbOptions): Promise<void> {
  const { startMesosLocal } = await import("../../mesos-local/main.ts");
  const log = createLogger({ level: options.logLevel, destination: context.stderr });
  const { listen, credentialFile: credential, hostPath: hostPaths = [] } = options;
  const mounts = options.allowMounts === true;
  const allowed = { hostPaths, mounts, commands: options.allowCommands === true };
  const others = credential === undefined ? allowed : { ...allowed, credential };
  const running = await startMesosLocal({
    ...(listen === undefined ? {} : { tcp: { ...listen, ...others } }),
    hostPaths: () => hostPaths,
    mounts: () => mounts,
    stateDir: resolve(options.stateDir),
    ...(options.agent === undefined ? {} : { agents: options.agent }),
    clock: systemClock,
    log,
  });
  context.setExitCode(await supervise(context, running, log));
}
