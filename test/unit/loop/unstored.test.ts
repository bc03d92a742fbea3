/** A decision that the store has kept, and of which nothing has left. */
import { expect, test } from "vitest";
import { withdrawn } from "../../../controller/loop/unstored.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { readyRun } from "../../support/planner/run.ts";

/** As if these slots had been asked to stop. */
function stopping(memory: ClusterMemory, asked: readonly number[]): ClusterMemory {
  const slots = memory.slots.map((slot) => {
    if (slot.task === null || !asked.includes(slot.slot)) return slot;
    return { ...slot, task: { ...slot.task, killRequestedAt: 1, killReason: "updated" } };
  });
  return { ...memory, slots };
}

const stops = ({ slots }: ClusterMemory) =>
  slots.filter((s) => s.task?.killRequestedAt != null).map((s) => s.slot);

test("only whom an earlier decision was to stop is still to be stopped", () => {
  const { memory } = readyRun();
  const [before, decided] = [stopping(memory, [0]), stopping(memory, [0, 2])];
  const next = withdrawn({ memory: decided, actions: [] }, before);
  expect(stops(next)).toEqual([0]);
  expect(next).toEqual(before);
});
