/** `up`: everything on one machine, shown step by step; what `npm start` runs. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { closingBlock } from "../render/closing-block.ts";
import { colorsFor } from "../context.ts";
import { addControllerOptions } from "../options/controller.ts";
import { openLogFile } from "../machine/log-file.ts";
import { DEFAULT_API, withClient } from "../options/connection.ts";
import { answers, startInBackground } from "../machine/background.ts";
import { backgroundController, writePidFile } from "../machine/pid-file.ts";
import { detachedText } from "../render/detached-text.ts";
import { requirePorts } from "../machine/preflight.ts";
import { startShow } from "../render/show.ts";
import { requireValidSpec } from "../machine/spec-file.ts";
import { Steps } from "../render/steps.ts";
import { supervise } from "../machine/supervise.ts";
import { stateDirPath } from "../../store/state-dir.ts";
import { createLogger } from "../../support/logger.ts";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports.ts";
import type { RunningController } from "../../compose.ts";
import type { TcpDoor } from "../../mesos-local/main.ts";
import type { ClosingFacts } from "../render/closing-block.ts";
import type { CliContext } from "../context.ts";
import type { ControllerCliOptions } from "../options/controller.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

const DETACH = "--detach";
const BACKGROUND = "--background";
const DEFAULT_SPEC = "manifests/cluster.yaml";

interface UpOptions extends ControllerCliOptions {
  readonly detach?: boolean;
  readonly background?: boolean;
}

export function upCommand(context: CliContext): Command {
  const command = new Command("up")
    .summary("start the controller and show the way to Ready")
    .description(
      "Check the spec file, Docker and the ports, build the nodes' image where it is missing, " +
        "start the controller in this process, show the way to Ready, print Jupyter's address, " +
        "and go on. Ctrl-C ends the controller and leaves the containers running.",
    )
    .argument("[file]", "spec file, or directory of spec files", DEFAULT_SPEC)
    .option(DETACH, "start it in the background, and return when it serves")
    .addOption(new Option(BACKGROUND, "is the one in the background").hideHelp())
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster up                       on ${DEFAULT_SPEC}
  jupyter-cluster up lab.yaml --api 127.0.0.1:9001
  jupyter-cluster up lab.yaml --detach     goes on without this terminal
  jupyter-cluster up lab.yaml --mesos m1:5050,m2:5050,m3:5050`,
    )
    .action((file: string, options: UpOptions) => up(context, file, options));
  return addControllerOptions(command, context);
}

async function up(context: CliContext, file: string, options: UpOptions): Promise<void> {
  const steps = new Steps(context);
  const clusters = await requireValidSpec(context, file);
  steps.done(`spec ${file}: ${clusters.map((c) => c.metadata.name).join(", ")}`);
  if (options.detach === true && (await runsAlready(context, file, options))) return;
  await requirePorts(options, clusters);
  const logFile = openLogFile(options.stateDir);
  try {
    const log = createLogger({ level: options.logLevel, destination: logFile, format: "json" });
    const { agentImage, runController } = await import("../machine/run-controller.ts");
    const image = await agentImage(context, options, log, (line) => steps.detail(line));
    steps.done(`Docker answers, image ${image} is there`);
    if (options.detach === true) return await detach(context, options, logFile.path);
    const running = await runController(options, file, image, log);
    steps.done(`controller at ${running.apiUrl}, log in ${logFile.path}`);
    if (options.background === true)
      return await inBackground(context, running, file, options, log);
    const forget = tellRoles(running, (line) => steps.done(line));
    const show = startShow(context, running.published, clusters.length, steps.startedAt);
    try {
      const facts = {
        apiUrl: running.apiUrl,
        specFile: file,
        logFile: logFile.path,
        environment: environmentFor(context, running.apiUrl, options.stateDir),
      };
      void show.allReady.then((ready) => tellReady(context, ready, facts, options.stateDir));
      context.setExitCode(await supervise(context, running, log));
      steps.done(
        "the controller has ended; containers that run go on, and the next start finds them",
      );
    } finally {
      forget();
      show.stop();
    }
  } finally {
    logFile.close();
  }
}

/** The one that `--detach` waits for. */
async function inBackground(
  context: CliContext,
  running: RunningController,
  file: string,
  { stateDir }: UpOptions,
  log: Logger,
): Promise<void> {
  const { apiUrl } = running;
  const startedAt = new Date(context.now()).toISOString();
  const remove = await writePidFile(stateDir, { apiUrl, startedAt, specFile: resolve(file) });
  try {
    context.setExitCode(await supervise(context, running, log));
  } finally {
    await remove();
  }
}

async function detach(
  context: CliContext,
  { stateDir }: UpOptions,
  logFile: string,
): Promise<void> {
  const command = [...context.command.filter((word) => word !== DETACH), BACKGROUND];
  const started = await startInBackground(context, { stateDir, logFile, command });
  if (started === null) return;
  const look = detachedText(started, environmentFor(context, started.apiUrl, stateDir));
  context.stderr.write(`The controller runs in the background, log in ${logFile}.\n${look}`);
}

/** @throws OperationError ERR_STATE_LOCKED when it runs on another file */
async function runsAlready(
  context: CliContext,
  file: string,
  { stateDir }: UpOptions,
): Promise<boolean> {
  const there = await backgroundController(stateDir);
  if (there === null || !(await answers(there, stateDir))) return false;
  const { pid, startedAt, specFile, apiUrl } = there;
  if (specFile !== resolve(file)) {
    const message = `A controller (process ${pid}) runs already, on ${specFile}. End it first: kill ${pid}`;
    throw new OperationError(ERROR_CODES.STATE_LOCKED, "start the controller", message);
  }
  const look = detachedText(there, environmentFor(context, apiUrl, stateDir));
  context.stderr.write(`The controller runs already, since ${startedAt}.\n${look}`);
  return true;
}

/** Says who acts, now and whenever that is another. @returns ends it */
function tellRoles(
  { keeper, sight }: Pick<RunningController, "keeper" | "sight">,
  say: (line: string) => void,
): () => void {
  let told = "";
  const tell = () => {
    const { acting } = keeper;
    const line = acting === null ? `stands by. ${sight.whoActs()}` : "this controller acts";
    if (line === told) return;
    // One that was never anything else says nothing of it.
    if (acting === null || told !== "") say(line);
    told = line;
    if (acting !== null && acting.mesosLocalTcp !== null) say(doorText(acting.mesosLocalTcp));
  };
  tell();
  return sight.onChange(tell);
}

function doorText({ url, credentialFile }: TcpDoor): string {
  const credential =
    credentialFile === null ? "the credential you gave" : `the credential in ${credentialFile}`;
  return `embedded Mesos at ${url} for other frameworks, with ${credential}`;
}

/** Never rejects: that an address could not be asked for is no reason to end the controller. */
async function tellReady(
  context: CliContext,
  objects: readonly JupyterClusterObject[],
  facts: Omit<ClosingFacts, "clusters" | "pageUrl" | "colors">,
  stateDir: string,
): Promise<void> {
  const colors = colorsFor(context, context.stderr);
  try {
    const clusters = await withClient({ api: facts.apiUrl, stateDir }, (client) =>
      Promise.all(
        objects.map(async (object) => ({ object, url: await client.jupyterUrl(object.metadata) })),
      ),
    );
    const pageUrl = await withClient({ api: facts.apiUrl, stateDir }, (client) => client.pageUrl());
    context.stderr.write(closingBlock({ ...facts, clusters, pageUrl, colors }));
  } catch (error) {
    context.stderr.write(
      `Everything is Ready, but Jupyter's address can't be told: ${messageOf(error)}\n`,
    );
  }
}

/** What another terminal must be told, for it differs from what the verbs take by themselves. */
function environmentFor(context: CliContext, apiUrl: string, stateDir: string): string[] {
  const { JUPYTER_CLUSTER_STATE_DIR: _, ...env } = context.env;
  return [
    ...(apiUrl === DEFAULT_API ? [] : [`JUPYTER_CLUSTER_API=${apiUrl}`]),
    ...(resolve(stateDir) === stateDirPath(env)
      ? []
      : [`JUPYTER_CLUSTER_STATE_DIR=${resolve(stateDir)}`]),
  ];
}
