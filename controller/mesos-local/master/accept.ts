/**
 * What an ACCEPT comes to: every task is launched, refused with TASK_ERROR, or, when the offers
 * themselves are not valid, dropped. Pure; the sentences are a Mesos 1.12 master's.
 */
import type { TaskInfo } from "../../mesos/wire.ts";
import { type Amounts, amountsOf, contains, describe, subtract, sum } from "./resources.ts";

export interface OutstandingOffer {
  readonly id: string;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly amounts: Amounts;
}

export interface AcceptInput {
  readonly frameworkId: string;
  readonly role: string;
  readonly offerIds: readonly string[];
  readonly tasks: readonly TaskInfo[];
  readonly offer: (id: string) => OutstandingOffer | undefined;
  readonly isKnownTask: (taskId: string) => boolean;
  /** Why the framework may not have such a container; null: it may. */
  readonly forbidden: (task: TaskInfo) => string | null;
}

export interface TaskVerdict {
  readonly task: TaskInfo;
  /** Why the task is refused; null when it is launched. */
  readonly error: string | null;
}

export type AcceptDecision =
  | { readonly kind: "invalid-offers"; readonly message: string }
  | {
      readonly kind: "valid";
      readonly agentId: string;
      readonly verdicts: readonly TaskVerdict[];
      /** What the launched tasks leave of the offers. */
      readonly rest: Amounts;
    };

const ID_LENGTH_MAX = 255;

export function decideAccept(input: AcceptInput): AcceptDecision {
  const invalid = offersError(input);
  if (invalid !== null) return { kind: "invalid-offers", message: invalid };
  const offers = input.offerIds.map((id) => input.offer(id) as OutstandingOffer);
  const { agentId } = offers[0] as OutstandingOffer;
  let rest = sum(offers.map((offer) => offer.amounts));
  const taken = new Set<string>();
  const verdicts = input.tasks.map((task): TaskVerdict => {
    const isDuplicate = taken.has(task.task_id.value) || input.isKnownTask(task.task_id.value);
    const amounts = amountsOf(task.resources);
    const error =
      idError(task.task_id.value) ??
      (isDuplicate ? `Task has duplicate ID: ${task.task_id.value}` : null) ??
      agentError(task, agentId) ??
      unsupported(task) ??
      input.forbidden(task) ??
      killPolicyError(task) ??
      resourcesError(task, amounts, rest, input.role);
    if (error === null) {
      taken.add(task.task_id.value);
      rest = subtract(rest, amounts as Amounts);
    }
    return { task, error };
  });
  return { kind: "valid", agentId, verdicts, rest };
}

function offersError(input: AcceptInput): string | null {
  if (input.offerIds.length === 0) return "No offers specified";
  const seen = new Set<string>();
  let agentId: string | null = null;
  for (const id of input.offerIds) {
    if (seen.has(id)) return `Duplicate offer ${id} in offer list`;
    seen.add(id);
    const offer = input.offer(id);
    if (offer === undefined) return `Offer ${id} is no longer valid`;
    if (offer.frameworkId !== input.frameworkId) {
      return `Offer ${id} has invalid framework ${offer.frameworkId} while framework ${input.frameworkId} is expected`;
    }
    agentId ??= offer.agentId;
    if (offer.agentId !== agentId) {
      return `Aggregated offers must belong to one single agent. Offer ${id} uses agent ${offer.agentId} and agent ${agentId}`;
    }
  }
  return null;
}

function idError(id: string): string | null {
  if (id === "") return "ID must not be empty";
  if (id.length > ID_LENGTH_MAX) return `ID must not be greater than ${ID_LENGTH_MAX} characters`;
  if (id === "." || id === "..") return `'${id}' is disallowed`;
  const isBad = (c: string) => c === "/" || c === "\\" || c < " " || c === "\u007f";
  return id.split("").some(isBad) ? `'${id}' contains invalid characters` : null;
}

function agentError(task: TaskInfo, agentId: string): string | null {
  const asked = task.agent_id.value;
  return asked === agentId
    ? null
    : `Task uses invalid agent ${asked} while agent ${agentId} is expected`;
}

/** What a real agent would do and this one does not is an error, never silently left out. */
function unsupported(task: TaskInfo): string | null {
  const { container } = task;
  if (container === undefined) return unsupportedCommand(task);
  if (container.type !== "DOCKER") return unsupportedText("a container type other than DOCKER");
  if (container.docker === undefined) {
    return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo";
  }
  const parts: [string, unknown][] = [
    ["executor", fieldOf(task, "executor")],
    ["check", fieldOf(task, "check")],
    ["health_check", task.health_check],
    ["max_completion_time", fieldOf(task, "max_completion_time")],
    ["limits", fieldOf(task, "limits")],
    ["command.uris", fieldOf(task.command, "uris")],
    ["container.volumes", fieldOf(container, "volumes")],
    ["container.docker.port_mappings", fieldOf(container.docker, "port_mappings")],
  ];
  const used = parts.find(([, value]) => value !== undefined && !isEmptyList(value));
  return used === undefined ? null : unsupportedText(`'${used[0]}'`);
}

/** A task without a container, of which this agent runs what a shell can. */
function unsupportedCommand(task: TaskInfo): string | null {
  const { command } = task as Partial<TaskInfo>;
  if (command?.value === undefined)
    return unsupportedText("a task without a container or a command");
  const used = ["executor", "check", "health_check", "max_completion_time", "limits"]
    .map((name) => [name, fieldOf(task, name)] as const)
    .concat(["uris", "user"].map((name) => [`command.${name}`, fieldOf(command, name)] as const))
    .find(([, value]) => value !== undefined && !isEmptyList(value));
  if (used !== undefined) return unsupportedText(`'${used[0]}' of a task without a container`);
  return command.shell === false ? unsupportedText("a command that is not for a shell") : null;
}

function unsupportedText(what: string): string {
  return `The embedded Mesos does not support ${what}`;
}

function fieldOf(value: object | undefined, name: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[name];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function killPolicyError(task: TaskInfo): string | null {
  const nanoseconds = task.kill_policy?.grace_period?.nanoseconds ?? 0;
  return nanoseconds < 0 ? "Task's 'kill_policy.grace_period' must be non-negative" : null;
}

function resourcesError(
  task: TaskInfo,
  amounts: Amounts | string,
  available: Amounts,
  role: string,
): string | null {
  if (task.resources.length === 0) return "Task uses no resources";
  if (typeof amounts === "string") return `Task uses invalid resources: ${amounts}`;
  if (contains(available, amounts)) return null;
  return `Total resources ${describe(amounts, role)} required by task and its executor is more than available ${describe(available, role)}`;
}
