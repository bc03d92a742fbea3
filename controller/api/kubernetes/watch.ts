/** A watch: what there is, or what has changed since a version, then every change, a line each. */
import type { ServerResponse } from "node:http";
import type { Clock, Logger } from "../../model/ports.ts";
import type { ApiExchange } from "../exchange.ts";
import { LIMITS } from "../limits.ts";
import { booleanOf, wholeNumberOf } from "../requests.ts";
import { StatusError } from "../status-error.ts";
import type { Streams } from "../streams.ts";
import type { Change, Collection } from "./collection.ts";
import { groupVersion } from "./kind.ts";
import type { KubernetesObject } from "./object.ts";
import type { Selects } from "./selectors.ts";
import type { Shape } from "./shape.ts";

const TIMEOUT_S_MAX = 24 * 3600;
/** Between two bookmarks, so that a client's version does not become too old while nothing happens to it. */
const BOOKMARK_MS = 60_000;

export interface Watching<T> {
  readonly selects: Selects<T>;
  readonly shape: Shape<T>;
  readonly streams: Streams;
  readonly clock: Pick<Clock, "after">;
  readonly log: Logger;
}

/** @throws StatusError Expired, BadRequest, TooManyRequests */
export function watchObjects<T extends KubernetesObject>(
  collection: Collection<T>,
  { request, response, query }: ApiExchange,
  { selects, shape, streams, clock, log }: Watching<T>,
): void {
  const seconds = wholeNumberOf(query, "timeoutSeconds", 1, TIMEOUT_S_MAX);
  const wantsBookmarks = booleanOf(query, "allowWatchBookmarks");
  const first = firstChanges(collection, query);
  if (request.method !== "HEAD") streams.add(response);
  response.writeHead(200, { "Content-Type": shape.contentType, "Cache-Control": "no-cache" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  response.flushHeaders();
  const send = (change: Change<T>) => {
    const told = asSelected(change, selects);
    if (told !== null) write({ type: told.type, object: shape.one(told.object) });
  };
  const write = (line: object) => {
    // One that has ended goes on until its client has read the rest.
    if (response.writableEnded) return;
    // A client that does not read costs its own watch, never the controller's memory.
    if (response.writableLength > LIMITS.watchBehindMax) {
      log.warn({ client: request.socket.remoteAddress }, "watch dropped: its client is slow");
      response.destroy();
      return;
    }
    response.write(`${JSON.stringify(line)}\n`);
  };
  for (const change of first) send(change);
  const bookmark = (annotations: Readonly<Record<string, string>> = {}) =>
    write({ type: "BOOKMARK", object: bookmarkOf(collection, annotations) });
  // A client that asks for the list as a watch waits for this one.
  if (booleanOf(query, "sendInitialEvents")) bookmark({ "k8s.io/initial-events-end": "true" });
  const stops = [collection.subscribe(send)];
  if (wantsBookmarks) stops.push(repeat(clock, BOOKMARK_MS, bookmark));
  if (seconds !== null) {
    stops.push(clock.after(seconds * 1000, () => endWith(response, wantsBookmarks, bookmark)));
  }
  response.once("close", () => stops.forEach((stop) => stop()));
}

/** The client goes on from the last version that it knows. */
function endWith(response: ServerResponse, wantsBookmarks: boolean, bookmark: () => void): void {
  if (wantsBookmarks) bookmark();
  response.end();
}

function firstChanges<T extends KubernetesObject>(
  collection: Collection<T>,
  query: URLSearchParams,
): readonly Change<T>[] {
  const from = versionOf(query);
  const version = collection.resourceVersion;
  if (from === 0 || booleanOf(query, "sendInitialEvents")) {
    return collection.list().map((object) => ({ type: "ADDED", object, before: null, version }));
  }
  const changes = collection.changesAfter(from);
  if (changes !== null) return changes;
  const message = `The resource version ${from} is too old, or of another controller: list again.`;
  throw new StatusError("Expired", message);
}

/** 0: any, so what there is now. @throws StatusError BadRequest */
function versionOf(query: URLSearchParams): number {
  if (query.get("resourceVersion") === "") return 0;
  return wholeNumberOf(query, "resourceVersion", 0, Number.MAX_SAFE_INTEGER) ?? 0;
}

/** An object that begins or ceases to be selected is added or deleted, for this client. */
function asSelected<T>(
  { type, object, before }: Change<T>,
  selects: Selects<T>,
): Pick<Change<T>, "type" | "object"> | null {
  const was = before !== null && selects(before);
  const is = type !== "DELETED" && selects(object);
  if (was && is) return { type: "MODIFIED", object };
  if (is) return { type: "ADDED", object };
  return was ? { type: "DELETED", object } : null;
}

function bookmarkOf<T extends KubernetesObject>(
  { kind, resourceVersion }: Collection<T>,
  annotations: Readonly<Record<string, string>>,
): object {
  return {
    kind: kind.kind,
    apiVersion: groupVersion(kind),
    metadata: { resourceVersion: String(resourceVersion), creationTimestamp: null, annotations },
  };
}

function repeat(clock: Pick<Clock, "after">, ms: number, act: () => void): () => void {
  let stop = clock.after(ms, again);
  function again(): void {
    act();
    stop = clock.after(ms, again);
  }
  return () => stop();
}
