/** A cluster's memory that cannot be stored, and what may have been stored all the same. */
import type { ClusterMemory, SlotMemory } from "../model/memory.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import type { Plan } from "../plan/input.ts";
import { rollBackLaunchIntents } from "../plan/launch/roll-back-intents.ts";
import { launchesOf } from "./perform.ts";
import type { AskedChange } from "./requests.ts";

/** A plan, and what it has taken in. */
export interface Decided extends Plan {
  readonly asked: readonly AskedChange[];
  readonly snapshot: SpecSnapshot | null;
}

export interface Unstored {
  /** What is known meanwhile: told, and acted on by nobody. */
  readonly memory: ClusterMemory;
  readonly why: string;
  /**
   * Whether its memory was written nobody has said: others may have read it. It is written again before any other, lest
   * what they have read goes back; nothing of it has left. Null: what could not be written was certainly not.
   */
  readonly unanswered: Decided | null;
}

/**
 * What was decided is stored at last, and nothing of it has left: its launches are taken back, and whom it was to stop
 * is decided again, for much may have come and gone.
 *
 * @param before the memory that it was decided on
 */
export function withdrawn(
  { memory, actions }: Pick<Decided, "memory" | "actions">,
  before: ClusterMemory,
): ClusterMemory {
  const asked = new Set(before.slots.map(stopAskedFor));
  const slots = memory.slots.map((slot) => {
    const now = stopAskedFor(slot);
    if (slot.task === null || now === null || asked.has(now)) return slot;
    return { ...slot, task: { ...slot.task, killRequestedAt: null, killReason: null } };
  });
  return rollBackLaunchIntents({ ...memory, slots }, launchesOf(actions));
}

/** The task that was asked to stop; null: none. */
function stopAskedFor({ task }: SlotMemory): string | null {
  return task?.killRequestedAt == null ? null : task.taskId;
}
