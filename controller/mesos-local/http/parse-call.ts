/**
 * Reads the body of a scheduler call. Pure. The sentences are a Mesos 1.12 master's; a call that
 * Mesos knows and this server does not is told apart from nonsense (501 and 400).
 */
import type { Call, TaskInfo } from "../../mesos/wire.ts";
import {
  anything,
  boolean,
  type Check,
  isObject,
  list,
  mismatch,
  number,
  object,
  oneOf,
  optional,
  required,
  string,
} from "./shapes.ts";

export type ParsedCall =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly status: 400 | 501; readonly message: string };

const ID = object({ value: required(string) });
const LABELS = object({
  labels: optional(list(object({ key: required(string), value: optional(string) }))),
});
const DURATION = object({ nanoseconds: required(number) });
const KILL_POLICY = object({ grace_period: optional(DURATION) });
const FILTERS = object({ refuse_seconds: optional(number) });
const RANGE = object({ begin: required(number), end: required(number) });

const RESOURCE = object({
  name: required(string),
  type: required(oneOf("SCALAR", "RANGES", "SET")),
  scalar: optional(object({ value: required(number) })),
  ranges: optional(object({ range: optional(list(RANGE)) })),
  role: optional(string),
});

const COMMAND = object({
  shell: optional(boolean),
  value: optional(string),
  arguments: optional(list(string)),
  environment: optional(
    object({
      variables: optional(list(object({ name: required(string), value: optional(string) }))),
    }),
  ),
});

const DOCKER = object({
  image: required(string),
  network: optional(oneOf("HOST", "BRIDGE", "NONE", "USER")),
  force_pull_image: optional(boolean),
  privileged: optional(boolean),
  parameters: optional(list(object({ key: required(string), value: required(string) }))),
});

const TASK = object({
  name: required(string),
  task_id: required(ID),
  agent_id: required(ID),
  resources: optional(list(RESOURCE)),
  command: optional(COMMAND),
  container: optional(
    object({
      type: required(oneOf("DOCKER", "MESOS")),
      docker: optional(DOCKER),
      network_infos: optional(list(object({ name: optional(string) }))),
      hostname: optional(string),
    }),
  ),
  kill_policy: optional(KILL_POLICY),
  labels: optional(LABELS),
  health_check: optional(anything),
});

const FRAMEWORK_INFO = object({
  user: required(string),
  name: required(string),
  id: optional(ID),
  role: optional(string),
  principal: optional(string),
  roles: optional(list(string)),
  failover_timeout: optional(number),
  checkpoint: optional(boolean),
  capabilities: optional(list(object({ type: required(string) }))),
});

const OPERATION = object({
  type: required(string),
  launch: optional(object({ task_infos: optional(list(TASK)) })),
});

const BODIES: Readonly<Record<Call["type"], Check | null>> = {
  SUBSCRIBE: object({
    framework_info: required(FRAMEWORK_INFO),
    suppressed_roles: optional(list(string)),
  }),
  TEARDOWN: null,
  ACCEPT: object({
    offer_ids: optional(list(ID)),
    operations: optional(list(OPERATION)),
    filters: optional(FILTERS),
  }),
  DECLINE: object({ offer_ids: optional(list(ID)), filters: optional(FILTERS) }),
  REVIVE: null,
  SUPPRESS: null,
  KILL: object({
    task_id: required(ID),
    agent_id: optional(ID),
    kill_policy: optional(KILL_POLICY),
  }),
  ACKNOWLEDGE: object({
    agent_id: required(ID),
    task_id: required(ID),
    uuid: required(string),
  }),
  RECONCILE: object({
    tasks: optional(list(object({ task_id: required(ID), agent_id: optional(ID) }))),
  }),
};

/** Calls of the v1 API that this server does not carry out; it says so instead of pretending. */
const NOT_CARRIED_OUT = new Set([
  "ACCEPT_INVERSE_OFFERS",
  "DECLINE_INVERSE_OFFERS",
  "SHUTDOWN",
  "ACKNOWLEDGE_OPERATION_STATUS",
  "RECONCILE_OPERATIONS",
  "MESSAGE",
  "REQUEST",
  "UPDATE_FRAMEWORK",
]);

export function parseCall(body: string): ParsedCall {
  let json: unknown;
  try {
    // Protobuf's JSON knows no null: a field that is null is absent.
    json = JSON.parse(body, (_key, value: unknown) => (value === null ? undefined : value));
  } catch (error) {
    return refused(400, `Failed to parse body into JSON: ${(error as Error).message}`);
  }
  if (!isObject(json)) return refused(400, "Failed to parse body into JSON: expecting an object");
  const type = json["type"];
  if (typeof type === "string" && NOT_CARRIED_OUT.has(type)) {
    return refused(501, `The embedded Mesos does not carry out ${type} calls`);
  }
  if (typeof type !== "string" || !isCallType(type)) {
    return invalid("Expecting 'type' to be present");
  }
  return parseBody(json, type);
}

function parseBody(json: Record<string, unknown>, type: Call["type"]): ParsedCall {
  const field = type.toLowerCase();
  const check = BODIES[type];
  const fields = { framework_id: optional(ID), [field]: optional(check ?? anything) };
  const problem = mismatch(object(fields), json);
  if (problem !== null) {
    return refused(400, `Failed to convert JSON into Call protobuf: ${problem}`);
  }
  if (check !== null && json[field] === undefined) {
    return invalid(`Expecting '${field}' to be present`);
  }
  const call = withDefaults(json as unknown as Call);
  const refusal = refusalOf(call);
  return refusal === null ? { ok: true, call } : refusal;
}

function refusalOf(call: Call): ParsedCall | null {
  if (call.type === "SUBSCRIBE") {
    const { framework_info: info } = call.subscribe;
    if (call.framework_id?.value !== info.id?.value) {
      return invalid("'framework_id' differs from 'subscribe.framework_info.id'");
    }
    return null;
  }
  if (call.framework_id === undefined) return invalid("Expecting 'framework_id' to be present");
  if (call.type === "ACKNOWLEDGE" && !isUuidBytes(call.acknowledge.uuid)) {
    return invalid("Not a valid UUID");
  }
  if (call.type === "ACCEPT") {
    const other = call.accept.operations.find((op) => (op.type as string) !== "LAUNCH");
    if (other !== undefined) {
      const text = `The embedded Mesos carries out LAUNCH operations only, not ${other.type}`;
      return refused(501, text);
    }
  }
  return null;
}

/** Protobuf's repeated fields are empty when absent. */
function withDefaults(call: Call): Call {
  switch (call.type) {
    case "ACCEPT": {
      const accept = call.accept as Partial<typeof call.accept>;
      const operations = (accept.operations ?? []).map((op) => ({
        ...op,
        launch: { task_infos: (op.launch?.task_infos ?? []).map(completeTask) },
      }));
      return { ...call, accept: { ...accept, offer_ids: accept.offer_ids ?? [], operations } };
    }
    case "DECLINE":
      return { ...call, decline: { ...call.decline, offer_ids: call.decline.offer_ids ?? [] } };
    case "RECONCILE":
      return { ...call, reconcile: { tasks: call.reconcile.tasks ?? [] } };
    default:
      return call;
  }
}

function completeTask(task: TaskInfo): TaskInfo {
  const { resources, container } = task as Partial<TaskInfo>;
  const complete = { ...task, resources: resources ?? [] };
  if (container?.docker === undefined) return complete;
  const docker = { ...container.docker, network: container.docker.network ?? "HOST" };
  return { ...complete, container: { ...container, docker } };
}

function isCallType(type: string): type is Call["type"] {
  return Object.hasOwn(BODIES, type);
}

function isUuidBytes(base64: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(base64);
}

function invalid(message: string): ParsedCall {
  return refused(400, `Failed to validate scheduler::Call: ${message}`);
}

function refused(status: 400 | 501, message: string): ParsedCall {
  return { ok: false, status, message };
}
