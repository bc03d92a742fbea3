/** The bounded history of what happened to a cluster. */
import type { ClusterEvent } from "../model/resource.ts";
import { timestamp } from "./timestamp.ts";

export const EVENTS_MAX = 200;
/** In which what an order does is seen, or else the order has failed. Milliseconds. */
const ORDER_MS_MAX = 60_000;

/** What an event says, whenever it happens. */
export type EventText = Pick<ClusterEvent, "type" | "reason" | "message">;

/** The same event again within the newest ten raises its count instead of taking a new place. */
export function addEvent(
  events: readonly ClusterEvent[],
  event: EventText,
  now: number,
): readonly ClusterEvent[] {
  const lastTimestamp = timestamp(now);
  const repeated = events.slice(-10).find((e) => isSame(e, event));
  const added: ClusterEvent = {
    ...event,
    firstTimestamp: repeated?.firstTimestamp ?? lastTimestamp,
    lastTimestamp,
    count: (repeated?.count ?? 0) + 1,
  };
  return [...events.filter((e) => e !== repeated), added].slice(-EVENTS_MAX);
}

/** An order is given at each look until its effect is seen; it is told once. */
export function addOrderEvent(
  events: readonly ClusterEvent[],
  event: EventText,
  now: number,
): readonly ClusterEvent[] {
  const isTold = events.some(
    (e) => isSame(e, event) && now - Date.parse(e.lastTimestamp) < ORDER_MS_MAX,
  );
  return isTold ? events : addEvent(events, event, now);
}

function isSame(a: EventText, b: EventText): boolean {
  return a.type === b.type && a.reason === b.reason && a.message === b.message;
}
