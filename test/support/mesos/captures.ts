/** Events and whole streams that a real Mesos 1.12 master sent. */
import { readFileSync } from "node:fs";
import type { Offer, SchedulerEvent, TaskStatus } from "../../../controller/mesos/wire.ts";

const FIXTURES = new URL("../../fixtures/mesos/", import.meta.url);

/** The events of one labelled capture, in order. */
export function captured(name: string): SchedulerEvent[] {
  const json = JSON.parse(readFileSync(new URL(`events/${name}.json`, FIXTURES), "utf8")) as
    | SchedulerEvent
    | SchedulerEvent[];
  return Array.isArray(json) ? json : [json];
}

/** The status updates of one labelled capture, in order. */
export function capturedStatuses(name: string): TaskStatus[] {
  return statusesOf(captured(name));
}

/** The only status update of one labelled capture. */
export function capturedStatus(name: string): TaskStatus {
  const [status, ...more] = capturedStatuses(name);
  if (status === undefined || more.length > 0) throw new Error(`not one update: ${name}`);
  return status;
}

export function capturedOffers(name: string): Offer[] {
  return captured(name).flatMap((event) => (event.type === "OFFERS" ? event.offers.offers : []));
}

/** What came on one stream, the captor's own marks left out. */
export function capturedStream(name: string): SchedulerEvent[] {
  const text = readFileSync(new URL(`streams/${name}.jsonl`, FIXTURES), "utf8");
  const events = text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { event: { type: string } }).event);
  return events.filter((event) => event.type !== "MARK") as SchedulerEvent[];
}

export function statusesOf(events: readonly SchedulerEvent[]): TaskStatus[] {
  return events.flatMap((event) => (event.type === "UPDATE" ? event.update.status : []));
}

/** Headers and chunks as they were on the wire; it stops in the middle of a record. */
export function capturedResponse(): Buffer {
  return readFileSync(new URL("events/subscribe-response.raw", FIXTURES));
}
