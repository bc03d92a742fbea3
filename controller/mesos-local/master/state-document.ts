/**
 * The documents at /version, /health and /state: a small part of what Apache Mesos serves, under
 * its names. Nothing of a task's command or environment is shown.
 */
import type { DockerLink } from "../agent/docker-link.ts";
import { MASTER_VERSION } from "./master.ts";
import { taskIdOf, type TaskRecord } from "./model.ts";
import { totalOf } from "./offers.ts";
import type { Framework, Registry } from "./registry.ts";
import type { Amounts } from "./resources.ts";
import { reportedState } from "./statuses.ts";

const WHAT_THIS_IS = "embedded and local, not Apache Mesos";

export function documents(registry: Registry, link: DockerLink): ReadonlyMap<string, () => object> {
  return new Map<string, () => object>([
    ["version", () => ({ version: MASTER_VERSION, description: WHAT_THIS_IS })],
    ["health", () => ({})],
    ["state", () => stateDocument(registry, link)],
  ]);
}

function stateDocument(registry: Registry, link: DockerLink) {
  return {
    id: registry.masterId,
    version: MASTER_VERSION,
    description: WHAT_THIS_IS,
    instance: registry.instanceId,
    docker: link.isConnected
      ? { connected: true }
      : { connected: false, problem: link.lastProblem },
    slaves: [...registry.agents.values()].map((agent) => ({
      id: agent.id,
      hostname: agent.hostname,
      active: link.isConnected,
      attributes: agent.attributes,
      resources: scalars(totalOf(agent)),
      used_resources: scalars(registry.used((task) => task.agentId === agent.id)),
    })),
    frameworks: [...registry.frameworks.values()].map((framework) =>
      frameworkDocument(framework, registry),
    ),
  };
}

function frameworkDocument({ record, stream }: Framework, registry: Registry) {
  return {
    id: record.id,
    name: record.info.name,
    active: stream !== null,
    connected: stream !== null,
    failover_timeout: record.info.failover_timeout ?? 0,
    tasks: registry.tasksOf(record.id).map(taskDocument),
  };
}

function taskDocument(task: TaskRecord) {
  return {
    id: taskIdOf(task),
    name: task.info.name,
    slave_id: task.agentId,
    container_id: task.containerId,
    state: reportedState(task),
    unacknowledged: task.pending.length,
  };
}

function scalars({ cpus, mem, disk }: Amounts) {
  return { cpus, mem, disk };
}
