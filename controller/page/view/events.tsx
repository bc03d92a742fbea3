/** What happened, newest first; what happens while one looks is read out. */
import { useEffect, useRef, useState } from "preact/hooks";
import { eventId } from "../../model/page-stream.ts";
import type { ClusterEvent } from "../../model/resource.ts";
import { Ago, Card, Empty, Mark } from "./parts.tsx";

const SHOWN_MAX = 60;

export function Events({ events }: { readonly events: readonly ClusterEvent[] }) {
  const newest = events.toReversed().slice(0, SHOWN_MAX);
  return (
    <Card title="Events" class="events">
      {newest.length === 0 && <Empty>Nothing has happened yet.</Empty>}
      <ol class="event-list" tabIndex={0} aria-label="Newest first">
        {newest.map((event) => (
          <li key={eventId(event)}>
            <Mark mood={event.type === "Warning" ? "bad" : "good"} />
            <div>
              <b>{event.reason}</b>{" "}
              <small>
                <Ago at={event.lastTimestamp} />
                {event.count > 1 ? `, ${event.count} times` : ""}
              </small>
              <p>{event.message}</p>
            </div>
          </li>
        ))}
      </ol>
      <News events={events} />
    </Card>
  );
}

/** Only what came after one began to look. */
function News({ events }: { readonly events: readonly ClusterEvent[] }) {
  const known = useRef<ReadonlySet<string> | null>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    const before = known.current;
    known.current = new Set(events.map(eventId));
    if (before === null) return;
    const fresh = events.filter((event) => !before.has(eventId(event)));
    if (fresh.length > 0) setText(fresh.map(({ message }) => message).join(". "));
  }, [events]);
  return (
    <p class="heard" aria-live="polite">
      {text}
    </p>
  );
}
