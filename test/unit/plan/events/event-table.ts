/** What a table of events says: what happens, and how it is told. */
import type { ClusterEvent, EventReason } from "../../../../controller/model/resource.ts";
import type { PlannerRun } from "../../../support/planner/run.ts";

type EventSummary = Pick<ClusterEvent, "type" | "reason" | "message">;

export type EventRow = readonly [
  /** All that is told of it, other reasons included. */
  happen: () => readonly EventSummary[],
  type: ClusterEvent["type"],
  /** Those of the row's reason, in order and word for word. */
  ...messages: string[],
];

/** For some reasons, rows by a sentence that tells what happens. */
export type EventTable = Partial<Record<EventReason, Readonly<Record<string, EventRow>>>>;

/** What was told of the run while this happened. */
export function news(run: PlannerRun, happen: (run: PlannerRun) => void): readonly ClusterEvent[] {
  const before = new Set(run.memory.events);
  happen(run);
  return run.memory.events.filter((event) => !before.has(event));
}
