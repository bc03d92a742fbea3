/** Every event, with its type and message: a table a subject, at least one row a reason. */
import { describe, expect, it } from "vitest";
import { EVENT_REASONS, type EventReason } from "../../../../controller/model/resource.ts";
import { EVENTS_MAX, addEvent } from "../../../../controller/plan/events.ts";
import { T0 } from "../../../support/planner/fixtures.ts";
import { BOOTSTRAP_EVENTS } from "./bootstrap.ts";
import { ELECTION_EVENTS } from "./elections.ts";
import type { EventRow } from "./event-table.ts";
import { KERNEL_EVENTS } from "./kernels.ts";
import { LAUNCH_BLOCKED_EVENTS } from "./launch-blocked.ts";
import { MEMBERSHIP_EVENTS } from "./membership.ts";
import { NODE_EVENTS } from "./nodes.ts";
import { REBALANCE_EVENTS } from "./rebalance.ts";
import { RECOVERY_EVENTS } from "./recovery.ts";
import { SPACE_EVENTS } from "./space.ts";
import { SPEC_EVENTS } from "./spec.ts";
import { STORAGE_EVENTS } from "./storage.ts";

const TABLES = {
  ...SPEC_EVENTS,
  ...NODE_EVENTS,
  ...LAUNCH_BLOCKED_EVENTS,
  ...BOOTSTRAP_EVENTS,
  ...MEMBERSHIP_EVENTS,
  ...ELECTION_EVENTS,
  ...REBALANCE_EVENTS,
  ...RECOVERY_EVENTS,
  ...SPACE_EVENTS,
  ...STORAGE_EVENTS,
  ...KERNEL_EVENTS,
} satisfies Record<EventReason, Readonly<Record<string, EventRow>>>;

describe.each(Object.entries(TABLES))("%s is told when", (reason, rows) => {
  it.each(Object.entries<EventRow>(rows))("%s", (_sentence, [happen, type, ...messages]) => {
    const told = happen().filter((event) => event.reason === reason);
    expect(told.map((event) => [event.type, event.message])).toEqual(
      messages.map((message) => [type, message]),
    );
  });
});

it("every reason of an event has a row", () => {
  const asserted = Object.entries<object>(TABLES)
    .filter(([, rows]) => Object.keys(rows).length > 0)
    .map(([reason]) => reason);
  expect(asserted.sort()).toEqual([...EVENT_REASONS].sort());
});

describe("the history", () => {
  const READY = { type: "Normal", reason: "NodeReady", message: "slot 1 is ready" } as const;
  const other = (i: number) => ({ ...READY, message: `slot ${i} is ready` });

  it("counts what is told again instead of telling it twice", () => {
    const once = addEvent([], READY, T0);
    const [twice, ...more] = addEvent([...once, ...addEvent([], other(2), T0)], READY, T0 + 1000);
    expect(twice?.message).toBe("slot 2 is ready");
    expect(more).toEqual([
      {
        ...READY,
        count: 2,
        firstTimestamp: once[0]?.firstTimestamp,
        lastTimestamp: "2027-01-15T08:00:01.000Z",
      },
    ]);
  });

  it("tells it anew when ten others came between", () => {
    let events = addEvent([], READY, T0);
    for (let i = 2; i < 12; i++) events = addEvent(events, other(i), T0);
    expect(addEvent(events, READY, T0).filter((e) => e.message === READY.message)).toMatchObject([
      { count: 1 },
      { count: 1 },
    ]);
  });

  it("forgets the oldest beyond its limit", () => {
    let events = addEvent([], other(0), T0);
    for (let i = 1; i <= EVENTS_MAX; i++) events = addEvent(events, other(i), T0);
    expect(events).toHaveLength(EVENTS_MAX);
    expect(events[0]?.message).toBe("slot 1 is ready");
  });
});
