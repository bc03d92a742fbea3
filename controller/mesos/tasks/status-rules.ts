/**
 * What one TaskStatus changes in what we know of its task. Pure: an ordered list of reasons not to
 * believe a status, then one way to take it in. The facts behind each rule were seen on a real
 * Mesos 1.12 master.
 *
 * Order on the stream counts, not `timestamp`: master and agents have clocks of their own.
 */
import type { ObservedTask } from "../../model/observed.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { TaskState, TaskStatus } from "../wire.ts";

export interface TaskEntry {
  readonly task: ObservedTask;
  /** The furthest that the task was ever seen to get, its end left out. */
  readonly reached: AliveState;
  /** Updates that were taken in, newest last; Mesos repeats an update until it is acknowledged. */
  readonly uuids: readonly string[];
}

export type StatusDecision =
  | { readonly taken: true; readonly entry: TaskEntry }
  /** `ask`: the master should be asked what is true. */
  | { readonly taken: false; readonly why: string; readonly ask: boolean };

type AliveState = "TASK_STAGING" | "TASK_STARTING" | "TASK_RUNNING" | "TASK_KILLING";

const ORDER: readonly TaskState[] = [
  "TASK_STAGING",
  "TASK_STARTING",
  "TASK_RUNNING",
  "TASK_KILLING",
];

/** An executor or the master has told its end; nothing brings such a task back. */
const FINAL: ReadonlySet<TaskState> = new Set(["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"]);
const UUIDS_KEPT = 16;

interface Doubt {
  readonly why: string;
  readonly ask?: boolean;
  applies(known: TaskEntry | undefined, status: TaskStatus): boolean;
}

const DOUBTS: readonly Doubt[] = [
  {
    why: "an update that was taken in before",
    applies: (known, { uuid, state }) =>
      uuid !== undefined && known?.uuids.includes(uuid) === true && !isNewsOfLife(known, state),
  },
  {
    why: "refuses another launch under the id of a task that has started",
    applies: (known, status) => refusesLaunch(status) && known !== undefined && hasStarted(known),
  },
  {
    // Seen: TASK_ERROR "Task has duplicate ID: t1" carries the id of the task that still runs.
    why: "refuses a second launch under the same id",
    ask: true,
    applies: (_known, { state, message }) =>
      state === "TASK_ERROR" && message?.startsWith("Task has duplicate ID") === true,
  },
  {
    // Seen: a RECONCILE without agent_id answers TASK_UNKNOWN for a task that is unreachable.
    why: "says that a task is unknown without looking at its agent",
    ask: true,
    applies: (known, { state, agent_id }) =>
      state === "TASK_UNKNOWN" && agent_id === undefined && known?.task.agentId != null,
  },
  {
    why: "comes after the end",
    applies: (known, { state }) =>
      known !== undefined &&
      taskEnd(known.task.state) === "ended" &&
      (FINAL.has(known.task.state) || taskEnd(state) !== "alive"),
  },
  {
    why: "is older than what is known",
    applies: (known, { state }) =>
      known !== undefined &&
      taskEnd(known.task.state) === "alive" &&
      taskEnd(state) === "alive" &&
      ORDER.indexOf(state) < ORDER.indexOf(known.reached),
  },
];

/** @param now milliseconds since the epoch */
export function takeIn(
  known: TaskEntry | undefined,
  status: TaskStatus,
  now: number,
): StatusDecision {
  const doubt = DOUBTS.find((d) => d.applies(known, status));
  if (doubt !== undefined) return { taken: false, why: doubt.why, ask: doubt.ask ?? false };
  const state = believed(known, status);
  const task = merged(known?.task, status, state, now);
  const uuids = [...(known?.uuids ?? []), ...(status.uuid === undefined ? [] : [status.uuid])];
  const reached = furthest(known?.reached ?? "TASK_STAGING", state);
  return { taken: true, entry: { task, reached, uuids: uuids.slice(-UUIDS_KEPT) } };
}

/** A repeated update still shows that an agent which was out of sight is there again. */
function isNewsOfLife(known: TaskEntry, state: TaskState): boolean {
  return taskEnd(known.task.state) === "uncertain" && taskEnd(state) === "alive";
}

function hasStarted({ reached }: TaskEntry): boolean {
  return reached !== "TASK_STAGING";
}

/** Only the master refuses launches, and it does so without a uuid. */
function refusesLaunch({ uuid, source, state, reason }: TaskStatus): boolean {
  if (uuid !== undefined || source !== "SOURCE_MASTER") return false;
  if (reason === "REASON_RECONCILIATION") return false;
  if (state === "TASK_ERROR" || state === "TASK_DROPPED") return true;
  return state === "TASK_LOST" && reason === "REASON_INVALID_OFFERS";
}

function believed(known: TaskEntry | undefined, status: TaskStatus): TaskState {
  const { state } = status;
  // A master that does not know PARTITION_AWARE says TASK_LOST of a launch that never left it.
  if (state === "TASK_LOST" && refusesLaunch(status)) return "TASK_DROPPED";
  if (known === undefined || taskEnd(state) !== "alive") return state;
  return furthest(known.reached, state);
}

function furthest(reached: AliveState, state: TaskState): AliveState {
  return isAlive(state) && ORDER.indexOf(state) > ORDER.indexOf(reached) ? state : reached;
}

function isAlive(state: TaskState): state is AliveState {
  return taskEnd(state) === "alive";
}

function merged(
  known: ObservedTask | undefined,
  status: TaskStatus,
  state: TaskState,
  now: number,
): ObservedTask {
  // A reconciliation repeats the state and says nothing of why; the first reason is kept.
  const first = known?.state === state ? known : null;
  const containerId = status.container_status?.container_id?.value;
  return {
    taskId: status.task_id.value,
    state,
    agentId: status.agent_id?.value ?? known?.agentId ?? null,
    ip: ownAddress(status) ?? known?.ip ?? null,
    container: containerId === undefined ? (known?.container ?? null) : `mesos-${containerId}`,
    healthy: status.healthy ?? known?.healthy ?? null,
    reason: first ? first.reason : (status.reason ?? null),
    message: first ? first.message : (status.message ?? null),
    since: first ? first.since : now,
  };
}

/**
 * The container's own address: only TASK_RUNNING has it, in the entry that names the network.
 * Every other status carries the agent's address there, without a name.
 */
function ownAddress({ state, container_status }: TaskStatus): string | undefined {
  if (state !== "TASK_RUNNING") return undefined;
  const named = container_status?.network_infos?.filter((info) => Boolean(info.name)) ?? [];
  const addresses = named.flatMap((info) => info.ip_addresses ?? []);
  const usable = addresses.filter((a) => a.ip_address !== undefined);
  return (usable.find((a) => a.protocol !== "IPv6") ?? usable[0])?.ip_address;
}
