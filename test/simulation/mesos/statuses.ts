/** Task statuses as agents and masters word them (see the recorded ones in test/fixtures/mesos). */
import type {
  ContainerStatus,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../../controller/mesos/wire.ts";
import { containerOf } from "../../../controller/mesos-local/master/model.ts";
import type { Container } from "./docker-host.ts";

export interface StatusParts {
  readonly source?: NonNullable<TaskStatus["source"]>;
  readonly reason?: string;
  readonly message?: string;
  /** It must be acknowledged. */
  readonly uuid?: string;
}

export function statusOf(
  task: { readonly info: TaskInfo; readonly state: TaskState; readonly container: Container },
  agentId: string,
  parts: StatusParts,
): TaskStatus {
  const { info, state, container } = task;
  return {
    task_id: info.task_id,
    state,
    agent_id: { value: agentId },
    ...parts,
    ...(state === "TASK_STARTING" ? {} : { container_status: containerStatus(info, container) }),
  };
}

/** Of a task of which the master has no more than the id. */
export function bareStatus(
  taskId: string,
  agentId: string | null,
  state: TaskState,
  parts: Omit<StatusParts, "uuid">,
): TaskStatus {
  return {
    task_id: { value: taskId },
    state,
    source: "SOURCE_MASTER",
    ...(agentId === null ? {} : { agent_id: { value: agentId } }),
    ...parts,
  };
}

function containerStatus(info: TaskInfo, container: Container): ContainerStatus {
  const network = containerOf(info).network_infos?.[0]?.name ?? "network";
  const { ip } = container.config;
  return {
    container_id: { value: container.name },
    network_infos: [{ name: network, ip_addresses: [{ protocol: "IPv4", ip_address: ip }] }],
  };
}
