/** The bounded history of what happened to a cluster. */
import type { ClusterEvent } from "../model/resource.ts";
import { timestamp } from "./timestamp.ts";

export const EVENTS_MAX = 200;

/** What an event says, whenever it happens. */
export type EventText = Pick<ClusterEvent, "type" | "reason" | "message">;

/** The same event again within the newest ten raises its count instead of taking a new place. */
export function addEvent(
  events: readonly ClusterEvent[],
  event: EventText,
  now: number,
): readonly ClusterEvent[] {
  const lastTimestamp = timestamp(now);
  const repeated = events
    .slice(-10)
    .find((e) => e.type === event.type && e.reason === event.reason && e.message === event.message);
  const added: ClusterEvent = {
    ...event,
    firstTimestamp: repeated?.firstTimestamp ?? lastTimestamp,
    lastTimestamp,
    count: (repeated?.count ?? 0) + 1,
  };
  return [...events.filter((e) => e !== repeated), added].slice(-EVENTS_MAX);
}
