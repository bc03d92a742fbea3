/** Which of a cluster's events were not told yet. Pure but for what it remembers. */
import type { ClusterKey } from "../../model/ids.ts";
import type { ClusterEvent } from "../../model/resource.ts";

export class EventLog {
  readonly #told = new Map<ClusterKey, Set<string>>();

  /** The events of `events` that are new, or have happened again, since the last call. */
  news(key: ClusterKey, events: readonly ClusterEvent[]): readonly ClusterEvent[] {
    const told = this.#told.get(key) ?? new Set<string>();
    const fresh = events.filter((event) => !told.has(identityOf(event)));
    // What the cluster itself has forgotten cannot come again: the set stays as bounded as it is.
    this.#told.set(key, new Set(events.map(identityOf)));
    return fresh;
  }
}

function identityOf(event: ClusterEvent): string {
  return [event.type, event.reason, event.message, event.firstTimestamp, event.count].join(
    "\u0000",
  );
}
