/** Slots in a sentence: one is "slot 2", more are "slots 0, 1", and the verb agrees. */
export function slotsText(slots: readonly number[]): string {
  return `${slots.length === 1 ? "slot" : "slots"} ${slots.join(", ")}`;
}

/** @param one the verb and what follows of one slot, @param more of several */
export function slotsDo(slots: readonly number[], one: string, more: string): string {
  return `${slotsText(slots)} ${slots.length === 1 ? one : more}`;
}

/** A sentence that begins with what `slotsText` or `slotsDo` gave. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** What is said of which slots: those of which the same is said are told together. */
export function bySlots(slotsOf: ReadonlyMap<string, readonly number[]>): string {
  return [...slotsOf].map(([what, slots]) => `${slotsText(slots)}: ${what}`).join("; ");
}
