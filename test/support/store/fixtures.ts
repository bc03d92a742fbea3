import { randomUUID } from "node:crypto";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { ControllerRecord } from "../../../controller/store/state-backend.ts";

/** As much of a memory as a store looks at. */
export function memoryOf(key: string, generation = 1): ClusterMemory {
  const at = key.indexOf("/");
  return {
    uid: `uid of ${key}`,
    generation,
    cluster: { metadata: { namespace: key.slice(0, at), name: key.slice(at + 1) } },
    slots: [{ slot: 0, launches: generation }],
  } as unknown as ClusterMemory;
}

export function taskOf(
  taskId: string,
  state: ObservedTask["state"] = "TASK_RUNNING",
): ObservedTask {
  return {
    taskId,
    state,
    agentId: "agent-0",
    ip: "172.30.0.10",
    container: "mesos-1",
    healthy: null,
    reason: null,
    message: null,
    since: 1,
  };
}

export function objectOf(key: string, phase: string): JupyterClusterObject {
  const { metadata } = memoryOf(key).cluster;
  return { metadata, status: { phase } } as unknown as JupyterClusterObject;
}

export function controllerOn(hostname: string): ControllerRecord {
  return {
    id: randomUUID(),
    hostname,
    pid: 42,
    apiUrl: `http://${hostname}:8001`,
    version: "0.1.0",
    startedAt: "2026-01-01T00:00:00.000Z",
  };
}
