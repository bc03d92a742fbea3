/** The shapes of a scheduler's events as a real master was seen to send them. */
import { readdirSync } from "node:fs";
import type { SchedulerEvent, TaskStatus } from "../../../controller/mesos/wire.ts";
import { captured, capturedStream } from "./captures.ts";
import { differences, groupedBy, type Shape, shapeOf } from "./shapes.ts";

/** By kind, see {@link kindOf}. */
export function capturedShapes(): ReadonlyMap<string, Shape> {
  const events = everyCapture();
  return new Map([...groupedBy(events, kindOf)].map(([kind, all]) => [kind, shapeOf(all)]));
}

/** What of the events has another shape than the captured ones of its kind, without repetition. */
export function wrongShapes(events: readonly SchedulerEvent[]): string[] {
  const real = capturedShapes();
  const wrong = events.flatMap((event) => {
    const kind = kindOf(event);
    const shape = real.get(kind);
    return shape === undefined
      ? [`${kind}: no real master was seen to say it`]
      : differences(shape, withoutData(event)).map((what) => `${kind}${what}`);
  });
  return [...new Set(wrong)];
}

/** Of a status what it says; offers differ by whether the framework has roles. */
export function kindOf(event: SchedulerEvent): string {
  if (event.type === "OFFERS") {
    return event.offers.offers[0]?.allocation_info === undefined ? "OFFERS" : "OFFERS to roles";
  }
  if (event.type !== "UPDATE") return event.type;
  const { state, source, reason } = event.update.status;
  return `${state} ${source}${reason === undefined ? "" : ` ${reason}`}`;
}

function everyCapture(): SchedulerEvent[] {
  const fixtures = new URL("../../fixtures/mesos/", import.meta.url);
  const names = (folder: string, extension: string) =>
    readdirSync(new URL(folder, fixtures))
      .filter((file) => file.endsWith(extension))
      .map((file) => file.slice(0, -extension.length));
  return [
    ...names("events", ".json").flatMap(captured),
    ...names("streams", ".jsonl").flatMap(capturedStream),
  ];
}

/** The captures were freed of it. */
function withoutData(event: SchedulerEvent): SchedulerEvent {
  if (event.type !== "UPDATE") return event;
  const { data: _, ...status } = event.update.status as TaskStatus;
  return { type: "UPDATE", update: { status } };
}
