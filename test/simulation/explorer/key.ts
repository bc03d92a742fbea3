/**
 * When two states are the same: in all that may make a difference later. Moments count by how long
 * ago they are; what is only told to people does not count. Slots are not exchanged for one
 * another: the planner prefers lower numbers.
 */
import { createHash } from "node:crypto";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { State } from "./state.ts";

/** Beyond that, longer makes no difference: no timer of the scopes is longer. */
const LONG_MS = 61_000;

export function keyOf(state: State): string {
  const { now, memory, containers, heard, histories, surprises: _surprises, ...rest } = state;
  const text = JSON.stringify([
    memoryKey(memory, now),
    containers.map(({ members, ...c }) => [
      Object.values(c),
      members && members.map(Object.values),
    ]),
    Object.entries(heard).map(([id, { fresh, status }]) => [id, fresh, status.data, status.etcd]),
    histories,
    rest,
  ]);
  return createHash("md5").update(text).digest("base64");
}

function memoryKey(memory: ClusterMemory, now: number): unknown {
  const { bootstrap, recovery, slots, generation } = memory;
  const ago = (at: number | null | undefined) => (at == null ? null : Math.min(now - at, LONG_MS));
  const { lastSeen: _, last: __, lostSince, inProgress, ...others } = recovery;
  return [
    generation,
    bootstrap,
    { ...others, lostAgo: ago(lostSince), inProgress: inProgress && { ...inProgress, since: 0 } },
    slots.map(
      ({
        task,
        restarts: ___,
        lastFailure: ____,
        lastFailureHostname: _____,
        notBefore,
        ...slot
      }) => [
        Object.values(slot),
        Math.max(0, notBefore - now),
        task && [
          task.taskId,
          task.agentId,
          task.templateHash,
          task.startCommand,
          task.killReason,
          ago(task.unreachableSince),
          ago(task.agentUnreachableSince),
          ago(task.etcdFailingSince),
          ago(task.readyAt),
          ago(task.jupyterDeadSince),
          ago(task.storageDeadSince),
          ago(task.kernelWait?.since ?? null),
        ],
      ],
    ),
  ];
}
