/** Members of an election in words. Slots, for names move with the very leader that is elected. */
import type { Election, ElectionMember } from "./election.ts";

/** Enough of an id to tell two members apart. */
const ID_LENGTH = 8;

export function memberById(election: Election, id: string): ElectionMember | null {
  return election.members.find((m) => m.id === id) ?? null;
}

/** `slot 1`, or the beginning of its id for a member that nobody knows any more. */
export function slotLabel(election: Election, id: string): string {
  const slot = memberById(election, id)?.slot ?? null;
  return slot === null ? `${id.slice(0, ID_LENGTH)}…` : `slot ${slot}`;
}

/** `slot 1 (lab-2)`, by the name that it bore before the election. */
export function nodeLabel(election: Election, id: string): string {
  const name = memberById(election, id)?.name ?? null;
  return name === null ? slotLabel(election, id) : `${slotLabel(election, id)} (${name})`;
}

/** `slots 0, 2`, in their order. */
export function slotLabels(election: Election, ids: readonly string[]): string {
  const slots = ids.flatMap((id) => memberById(election, id)?.slot ?? []);
  if (slots.length < ids.length) return ids.map((id) => slotLabel(election, id)).join(", ");
  return `${slots.length === 1 ? "slot" : "slots"} ${slots.toSorted((a, b) => a - b).join(", ")}`;
}
