/** Tasks and the like as the tests of the embedded Mesos need them. */
import type { ContainerInfo, DockerTaskInfo, TaskInfo } from "../../../controller/mesos/wire.ts";
import type { TaskRecord } from "../../../controller/mesos-local/master/model.ts";
import type { LocalAgentOptions } from "../../../controller/mesos-local/options.ts";

export const AGENT: LocalAgentOptions = {
  hostname: "host-a",
  cpus: 4,
  memMiB: 4096,
  diskMiB: 10_000,
  attributes: { rack: "r1" },
};

export interface TaskWishes {
  readonly cpus?: number;
  readonly agentId?: string;
  readonly image?: string;
  readonly command?: TaskInfo["command"];
  readonly container?: Partial<ContainerInfo>;
  readonly docker?: Partial<ContainerInfo["docker"]>;
  readonly killGraceSeconds?: number;
}

export function taskInfo(id: string, wishes: TaskWishes = {}): DockerTaskInfo {
  const { cpus = 0.1, agentId = "agent-1", killGraceSeconds } = wishes;
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: agentId },
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: cpus } },
      { name: "mem", type: "SCALAR", scalar: { value: 32 } },
    ],
    command: wishes.command ?? { shell: true, value: "sleep 1000" },
    container: {
      type: "DOCKER",
      docker: { image: wishes.image ?? "image", network: "BRIDGE", ...wishes.docker },
      ...wishes.container,
    },
    ...(killGraceSeconds === undefined
      ? {}
      : { kill_policy: { grace_period: { nanoseconds: killGraceSeconds * 1e9 } } }),
  };
}

export function taskRecord(id: string, wishes: TaskWishes = {}): TaskRecord {
  return {
    frameworkId: "framework-1",
    agentId: "agent-1",
    info: taskInfo(id, wishes),
    containerId: `container-of-${id}`,
    role: "*",
    state: "TASK_STAGING",
    killGraceSeconds: null,
    pending: [],
    reported: null,
    unreachableSince: null,
  };
}
