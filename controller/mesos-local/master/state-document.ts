/**
 * The documents at /version, /health and /state: a part of what Apache Mesos serves, under its names
 * and of its types (src/master/http.cpp, src/common/http.cpp). Nothing of a task's command or
 * environment is shown.
 */
import type { MasterInfo, TaskStatus } from "../../mesos/wire.ts";
import type { AgentSides } from "../agent/agent-sides.ts";
import { MASTER_VERSION } from "./master.ts";
import { type AgentRecord, roleOf, taskIdOf, type TaskRecord } from "./model.ts";
import { totalOf } from "./offers.ts";
import type { Framework, Registry } from "./registry.ts";
import { type Amounts, amountsOf, sum } from "./resources.ts";
import { reportedState } from "./statuses.ts";

const WHAT_THIS_IS = "embedded and local, not Apache Mesos";
/** Not the agents' own: they are all reached at the master's. */
const AGENT_PROCESS = "slave(1)";

export interface DocumentSources {
  readonly registry: Registry;
  readonly sides: Pick<AgentSides, "isConnected" | "problem">;
  readonly master: () => MasterInfo;
  /** When this master began, which is when it was elected. Milliseconds since the epoch. */
  readonly startedAt: number;
}

export function documents(sources: DocumentSources): ReadonlyMap<string, () => object> {
  return new Map<string, () => object>([
    ["version", () => ({ version: MASTER_VERSION, description: WHAT_THIS_IS })],
    ["health", () => ({})],
    ["state", () => stateDocument(sources)],
  ]);
}

function stateDocument({ registry, sides, master, startedAt }: DocumentSources) {
  const info = master();
  const agents = [...registry.agents.values()];
  const active = agents.filter(({ id }) => sides.isConnected(id)).length;
  const { problem } = sides;
  return {
    id: registry.masterId,
    version: MASTER_VERSION,
    description: WHAT_THIS_IS,
    pid: info.pid,
    hostname: info.hostname,
    leader: info.pid,
    start_time: startedAt / 1000,
    elected_time: startedAt / 1000,
    activated_slaves: active,
    deactivated_slaves: agents.length - active,
    instance: registry.instanceId,
    docker: problem === null ? { connected: true } : { connected: false, problem },
    slaves: agents.map((agent) =>
      agentDocument(agent, registry, info, sides.isConnected(agent.id)),
    ),
    frameworks: [...registry.frameworks.values()].map((framework) =>
      frameworkDocument(framework, registry),
    ),
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

function agentDocument(
  agent: AgentRecord,
  registry: Registry,
  { address, port }: MasterInfo,
  active: boolean,
) {
  return {
    id: agent.id,
    hostname: agent.hostname,
    pid: `${AGENT_PROCESS}@${address?.ip}:${port}`,
    port,
    version: MASTER_VERSION,
    active,
    attributes: agent.attributes,
    resources: amountsDocument(totalOf(agent)),
    used_resources: amountsDocument(registry.used((task) => task.agentId === agent.id)),
  };
}

function frameworkDocument({ record, stream }: Framework, registry: Registry) {
  const { id, info } = record;
  return {
    id,
    name: info.name,
    user: info.user,
    role: roleOf(info),
    hostname: info.hostname ?? "",
    webui_url: info.webui_url ?? "",
    checkpoint: info.checkpoint ?? false,
    capabilities: (info.capabilities ?? []).map(({ type }) => type),
    active: stream !== null,
    connected: stream !== null,
    failover_timeout: info.failover_timeout ?? 0,
    used_resources: amountsDocument(registry.used((task) => task.frameworkId === id)),
    tasks: registry.tasksOf(id).map(taskDocument),
    completed_tasks: [],
  };
}

function taskDocument(task: TaskRecord) {
  const { reported } = task;
  const resources = amountsOf(task.info.resources);
  return {
    id: taskIdOf(task),
    name: task.info.name,
    framework_id: task.frameworkId,
    // As of a Docker task in Mesos: its executor has no entry of its own.
    executor_id: "",
    slave_id: task.agentId,
    container_id: task.containerId,
    state: reportedState(task),
    role: task.role,
    // What this agent does not have was refused at the launch.
    resources: amountsDocument(typeof resources === "string" ? sum([]) : resources),
    statuses: reported === null ? [] : [statusDocument(reported)],
    unacknowledged: task.pending.length,
  };
}

function statusDocument({ state, timestamp, healthy, container_status }: TaskStatus) {
  return { state, timestamp, healthy, container_status };
}

/** Ports as Mesos prints ranges: `[31000-31100, 32000-32000]`. */
function amountsDocument({ cpus, mem, disk, ports }: Amounts) {
  const ranges = ports.map(({ begin, end }) => `${begin}-${end}`).join(", ");
  return { cpus, mem, disk, ...(ranges === "" ? {} : { ports: `[${ranges}]` }) };
}
