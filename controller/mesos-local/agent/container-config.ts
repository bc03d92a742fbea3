/**
 * A Mesos task as the request that creates its Docker container. Pure; what `docker run` gets from
 * Mesos's docker containerizer (src/docker/docker.cpp, Docker::RunOptions::create).
 */
import type { EndpointSettings } from "dockerode";
import type { TaskInfo } from "../../mesos/wire.ts";
import { containerOf, dockerName, type TaskRecord } from "../master/model.ts";
import { applyParameters, type ContainerBody, type ContainerRequest } from "./parameters.ts";
import { type Amounts, amountsOf } from "../master/resources.ts";
import { recordText } from "./recorded-task.ts";

/** Marks every container of one embedded Mesos; nobody else's are ever touched. */
export const INSTANCE_LABEL = "mesos-local.instance";
const FRAMEWORK_LABEL = "mesos-local.framework";
const TASK_LABEL = "mesos-local.task";
const CONTAINER_LABEL = "mesos-local.container";
/** Its task, for a master that has not launched it; see recorded-task.ts. */
export const RECORD_LABEL = "mesos-local.record";

/** The name under which a container was made; those that older versions made have no label. */
export function madeAs(labels: Readonly<Record<string, string>>, name: string): string {
  return labels[CONTAINER_LABEL] ?? name;
}

/** Where a container finds its sandbox, as in Mesos. */
const SANDBOX_MOUNT = "/mnt/mesos/sandbox";

const CPU_SHARES_PER_CPU = 1024;
const CPU_SHARES_MIN = 2;
/** Docker refuses less. */
const MEMORY_MIN_BYTES = 6 * 2 ** 20;

export type BuiltContainer =
  | {
      readonly ok: true;
      readonly name: string;
      readonly body: ContainerBody;
    }
  /** The message of the TASK_FAILED. */
  /** `refusal`: what `docker run` itself would print. */
  | { readonly ok: false; readonly message: string; readonly refusal?: string };

/** What the containers of one embedded Mesos have in common. */
export interface Instance {
  readonly instanceId: string;
  /** Whether they say what their tasks are. */
  readonly isRecorded: boolean;
}

export interface ContainerContext extends Instance {
  /** Host directory bound at {@link SANDBOX_MOUNT}. */
  readonly sandbox: string;
}

export function buildContainer(task: TaskRecord, context: ContainerContext): BuiltContainer {
  const { info } = task;
  const problem = runOptionsError(info);
  if (problem !== null) {
    return { ok: false, message: `Failed to create docker run options: ${problem}` };
  }
  const network = networkOf(info);
  const request: ContainerRequest = { body: bodyOf(task, context, network), endpoint: {} };
  const refusal = applyParameters(request, containerOf(info).docker.parameters ?? []);
  if (refusal !== null) {
    return { ok: false, message: `Container exited with status 125: ${refusal}`, refusal };
  }
  if (Object.keys(request.endpoint).length > 0) {
    const endpoint = request.endpoint as EndpointSettings;
    request.body.NetworkingConfig = { EndpointsConfig: { [network]: endpoint } };
  }
  // Last, so that no parameter can hide a container from its own embedded Mesos.
  Object.assign(request.body.Labels, ownLabels(task, context));
  return { ok: true, name: dockerName(task.containerId), body: request.body };
}

/** `network/ip` of a task that asks for a certain address; one live container may hold it. */
export function fixedAddressOf(info: TaskInfo): string | null {
  const ip = containerOf(info).docker.parameters?.findLast(({ key }) => key === "ip")?.value;
  return ip === undefined ? null : `${networkOf(info)}/${ip}`;
}

/** The network the container is on; `null` name for the modes that have none of their own. */
export function networkNameOf(info: TaskInfo): string | null {
  return containerOf(info).docker.network === "USER"
    ? (containerOf(info).network_infos?.[0]?.name ?? null)
    : null;
}

function runOptionsError(info: TaskInfo): string | null {
  const { command } = info;
  const container = containerOf(info);
  if (container.docker.network === "USER") {
    const networks = container.network_infos ?? [];
    if (networks.length === 0) return "No network info found in container info";
    if (networks.length > 1) return "Only a single network can be defined in Docker run";
    if (!networks[0]?.name) return "No network name found in network info";
  }
  if (container.docker.network === "HOST" && container.hostname !== undefined) {
    return "Unable to set hostname with host network mode";
  }
  if (isShell(command) && command?.value === undefined) {
    return "Shell specified but no command value provided";
  }
  return null;
}

function bodyOf(task: TaskRecord, context: ContainerContext, network: string): ContainerBody {
  const { info } = task;
  const { command } = info;
  const container = containerOf(info);
  const value = command?.value === undefined ? [] : [command.value];
  const cmd = isShell(command) ? ["-c", ...value] : [...value, ...(command?.arguments ?? [])];
  return {
    Image: container.docker.image,
    ...(isShell(command) ? { Entrypoint: ["/bin/sh"] } : {}),
    ...(cmd.length === 0 ? {} : { Cmd: cmd }),
    ...(container.hostname === undefined ? {} : { Hostname: container.hostname }),
    Env: environment(task),
    Labels: {},
    HostConfig: {
      NetworkMode: network,
      Privileged: container.docker.privileged ?? false,
      Binds: [`${context.sandbox}:${SANDBOX_MOUNT}`],
      ...limits(amountsOf(info.resources) as Amounts),
    },
  };
}

function environment(task: TaskRecord): string[] {
  const variables = task.info.command?.environment?.variables ?? [];
  return [
    ...variables.map(({ name, value }) => `${name}=${value ?? ""}`),
    `MESOS_SANDBOX=${SANDBOX_MOUNT}`,
    `MESOS_CONTAINER_NAME=${dockerName(task.containerId)}`,
    `MESOS_ALLOCATION_ROLE=${task.role}`,
  ];
}

function limits({ cpus, mem }: Amounts) {
  return {
    ...(cpus > 0
      ? { CpuShares: Math.max(CPU_SHARES_MIN, Math.floor(cpus * CPU_SHARES_PER_CPU)) }
      : {}),
    ...(mem > 0 ? { Memory: Math.max(MEMORY_MIN_BYTES, Math.floor(mem * 2 ** 20)) } : {}),
  };
}

function networkOf(info: TaskInfo): string {
  return networkNameOf(info) ?? containerOf(info).docker.network.toLowerCase();
}

function ownLabels(
  task: TaskRecord,
  { instanceId, isRecorded }: ContainerContext,
): Record<string, string> {
  return {
    [INSTANCE_LABEL]: instanceId,
    [FRAMEWORK_LABEL]: task.frameworkId,
    [TASK_LABEL]: task.info.task_id.value,
    [CONTAINER_LABEL]: dockerName(task.containerId),
    ...(isRecorded ? { [RECORD_LABEL]: recordText(task) } : {}),
  };
}

/** Protobuf's default for `shell` is true. */
function isShell(command: TaskInfo["command"] | undefined): boolean {
  return command !== undefined && command.shell !== false;
}
