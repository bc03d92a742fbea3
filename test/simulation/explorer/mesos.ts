/** What Mesos does: it launches and kills on hosts that it reaches, and tells what it knows. */
import type { Action } from "../../../controller/model/action.ts";
import { slotAddress } from "../../../controller/model/ids.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";
import type { TaskState } from "../../../controller/mesos/wire.ts";
import { statusOf } from "./observe.ts";
import type { Scratch } from "./scratch.ts";
import type { Container, State } from "./state.ts";

type Launch = Extract<Action, { type: "LaunchTasks" }>;

export function launch(scratch: Scratch, { slots, tasks }: Launch): void {
  const { state } = scratch;
  if (state.mesos === "away") return;
  tasks.forEach(({ task_id, agent_id }, i) => {
    const [slot, taskId, host] = [slots[i] ?? 0, task_id.value, agent_id.value];
    judgeLaunch(scratch, slot, taskId);
    const { firstAddress } = state.memory.cluster.spec.network;
    const container: Container = {
      taskId,
      slot,
      ip: slotAddress(firstAddress, slot),
      host,
      stage: "staging",
      stopping: false,
      commandId: null,
      etcd: "none",
      leaderId: null,
      term: 0,
      members: null,
      logRead: { term: 0, index: 0 },
      snapshot: null,
      well: true,
      news: "live",
    };
    scratch.set({ containers: [...scratch.state.containers, container] });
  });
}

function judgeLaunch(scratch: Scratch, slot: number, taskId: string): void {
  const { containers, ended, told } = scratch.state;
  const used = containers.some((c) => c.taskId === taskId) || ended[taskId] !== undefined;
  if (used) scratch.wrong("a task id is used once", taskId);
  const other = containers.find((c) => c.slot === slot);
  if (other === undefined) return;
  // Mesos has lost sight of it for longer than the spec waits, and has not told that it is back.
  const givenUp = told[other.taskId] === "TASK_UNREACHABLE";
  if (!givenUp) scratch.wrong("one task a slot", `${other.taskId} and ${taskId}`);
}

export function kill(scratch: Scratch, taskId: string): void {
  const { state } = scratch;
  const container = state.containers.find((c) => c.taskId === taskId);
  if (state.mesos === "away" || container === undefined || state.hosts[container.host] !== "up") {
    return;
  }
  scratch.patchContainer(taskId, { stopping: true });
}

/**
 * The container is gone; its volume stays, if it is one that does. What was last heard of it is not
 * forgotten.
 */
export function end(scratch: Scratch, container: Container, how: TaskState): void {
  const { taskId, host, news, stage } = container;
  const { containers, heard, ended } = scratch.state;
  const status = statusOf(container, scratch.state);
  scratch.set({
    containers: containers.filter((c) => c.taskId !== taskId),
    ended: { ...ended, [taskId]: { state: how, host } },
    heard:
      news === "live" && stage === "running"
        ? { ...heard, [taskId]: { fresh: false, status } }
        : heard,
  });
  if (scratch.state.memory.cluster.spec.etcd.dataVolume === "ephemeral") scratch.wipe(container);
}

/** Task id and state of whatever Mesos knows better than it has told. */
export function untold(state: State): readonly (readonly [string, TaskState])[] {
  const { containers, ended, hosts, told } = state;
  const reaches = (host: string) => hosts[host] === "up";
  const known: (readonly [string, TaskState])[] = [
    ...containers.map((c) => {
      const runs = c.stage === "running" ? "TASK_RUNNING" : "TASK_STAGING";
      return [c.taskId, reaches(c.host) ? runs : "TASK_UNREACHABLE"] as const;
    }),
    ...Object.entries(ended).map(([taskId, { state: how, host }]) => {
      return [taskId, reaches(host) ? how : "TASK_UNREACHABLE"] as const;
    }),
  ];
  return known.filter(([taskId, is]) => told[taskId] !== is && !isOver(told[taskId]));
}

/** What has ended stays so. */
function isOver(told: TaskState | undefined): boolean {
  return told !== undefined && taskEnd(told) === "ended";
}

export function tell(scratch: Scratch): void {
  const told = { ...scratch.state.told, ...Object.fromEntries(untold(scratch.state)) };
  scratch.set({ told });
}

/** After a subscription: an answer for every task that is remembered, known or not. */
export function reconcile(scratch: Scratch): void {
  tell(scratch);
  const { memory, told } = scratch.state;
  const unknown = memory.slots.flatMap(({ task }) =>
    task === null || told[task.taskId] !== undefined ? [] : [[task.taskId, "TASK_GONE"] as const],
  );
  scratch.set({ mesos: "heard", told: { ...told, ...Object.fromEntries(unknown) } });
}
