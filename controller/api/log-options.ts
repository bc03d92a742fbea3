/** What a request wants of a log, in the words of Kubernetes. */
import type { LogOptions } from "../agents/logs.ts";
import { booleanOf, wholeNumberOf } from "./requests.ts";
import { StatusError } from "./status-error.ts";

/**
 * `follow`, `previous`, `timestamps`, and `sinceSeconds` or `sinceTime` (RFC 3339).
 *
 * @throws StatusError BadRequest
 */
export function logOptionsOf(query: URLSearchParams, now: number): Omit<LogOptions, "tail"> {
  const follow = booleanOf(query, "follow");
  const previous = booleanOf(query, "previous");
  if (follow && previous) {
    throw new StatusError("BadRequest", "A log of the container before does not go on: no follow.");
  }
  return { follow, previous, timestamps: booleanOf(query, "timestamps"), since: since(query, now) };
}

function since(query: URLSearchParams, now: number): number | null {
  const seconds = wholeNumberOf(query, "sinceSeconds", 1, 1e9);
  const text = query.get("sinceTime");
  if (text === null) return seconds === null ? null : now - seconds * 1000;
  if (seconds !== null) {
    throw new StatusError("BadRequest", "At most one of sinceSeconds and sinceTime may be given.");
  }
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time) && time >= 0) return time;
  const message = `sinceTime is a time as in RFC 3339, not ${JSON.stringify(text)}.`;
  throw new StatusError("BadRequest", message);
}
