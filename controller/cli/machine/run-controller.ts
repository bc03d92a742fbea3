/** Starts the controller in this process. Loaded only by the verbs that run one. */
import { startController } from "../../compose.ts";
import { ensureAgentImage } from "../../../agent-image/build/ensure-agent-image.ts";
import { connectDocker, requireDocker } from "../../docker/connect.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { RunningController } from "../../compose.ts";
import { type CliContext, exitAtOnce } from "../context.ts";
import { webhookTarget } from "../options/webhook.ts";
import type { ControllerCliOptions } from "../options/controller.ts";
import type { TcpDoorOptions } from "../../mesos-local/options.ts";
import type { Logger } from "../../model/ports.ts";

/**
 * The image of clusters whose spec names none, built if this machine does not have it. A signal
 * meanwhile ends the build.
 *
 * @throws OperationError ERR_DOCKER_UNREACHABLE, what the build says, ERR_TIMEOUT when interrupted
 */
export async function agentImage(
  context: CliContext,
  options: ControllerCliOptions,
  log: Logger,
  onProgress: (line: string) => void,
): Promise<string> {
  // Other agents fetch it; nothing runs on this machine.
  if (options.agentImage !== undefined && options.mesos.kind !== "local") return options.agentImage;
  const docker = connectDocker();
  await requireDocker(docker);
  if (options.agentImage !== undefined) return options.agentImage;
  const interrupt = new AbortController();
  const unsubscribe = context.onSignal((signal) => {
    if (interrupt.signal.aborted) exitAtOnce(context, signal);
    interrupt.abort(interrupted());
  });
  try {
    const { signal } = interrupt;
    return (await ensureAgentImage({ docker, log, onProgress, signal })).reference;
  } finally {
    unsubscribe();
  }
}

function interrupted(): OperationError {
  const message =
    "The build of the agent image was interrupted; the next start goes on from there.";
  return new OperationError(ERROR_CODES.TIMEOUT, "build the agent image", message);
}

export function runController(
  options: ControllerCliOptions,
  spec: string,
  image: string,
  log: Logger,
): Promise<RunningController> {
  const { stateDir, state, mesos, mesosRole: role, mesosPrincipal: principal } = options;
  return startController({
    stateDir,
    standsBy: options.standby === true,
    state,
    leaseSeconds: options.stateLease,
    spec,
    mesos,
    replacesRemoved: options.mesosNewFramework === true,
    framework: { role, ...(principal === undefined ? {} : { principal }) },
    mesosLocalTcp: tcpDoor(options),
    api: options.api,
    webhook: webhookTarget(options),
    agentImage: image,
    log,
  });
}

function tcpDoor(options: ControllerCliOptions): TcpDoorOptions | null {
  const { mesosLocalAddress: address, mesosLocalCredentialFile: credential } = options;
  if (address === undefined) return null;
  return { ...address, ...(credential === undefined ? {} : { credential }) };
}
