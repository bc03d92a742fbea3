/** get, list and watch of every kind. */
import type { IncomingMessage } from "node:http";
import type { Clock, Logger } from "../../model/ports.ts";
import { type ApiExchange, type Handler, sendJson } from "../exchange.ts";
import { booleanOf } from "../requests.ts";
import type { Route } from "../router.ts";
import { StatusError } from "../status-error.ts";
import type { Streams } from "../streams.ts";
import type { Collection } from "./collection.ts";
import { rootPath } from "./kind.ts";
import { notFound } from "./not-found.ts";
import type { KubernetesObject } from "./object.ts";
import { type Selects, selectorOf } from "./selectors.ts";
import { shapeOf } from "./shape.ts";
import { watchObjects } from "./watch.ts";

export interface ReadParts {
  readonly streams: Streams;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Logger;
}

export function readRoutes<T extends KubernetesObject>(
  collection: Collection<T>,
  parts: ReadParts,
): Route[] {
  const { kind } = collection;
  const root = rootPath(kind);
  const list: Handler = (exchange) => listObjects(collection, exchange, parts);
  const one: Handler = (exchange) => {
    const object = findObject(collection, exchange);
    const shape = shapeOf(kind, accepted(exchange.request), exchange.query, parts.clock.now());
    const version =
      shape.contentType === "application/json" ? object.metadata.resourceVersion : null;
    sendJson(exchange, shape.one(object), {
      ...(version === null ? {} : { version }),
      headers: { "Content-Type": shape.contentType },
    });
  };
  const all: Route = { method: "GET", path: `${root}/${kind.plural}`, handler: list };
  if (!kind.namespaced) return [all, { method: "GET", path: `${all.path}/:name`, handler: one }];
  const some = `${root}/namespaces/:namespace/${kind.plural}`;
  return [
    all,
    { method: "GET", path: some, handler: list },
    { method: "GET", path: `${some}/:name`, handler: one },
  ];
}

/** @throws StatusError NotFound */
function findObject<T extends KubernetesObject>(
  collection: Collection<T>,
  { params }: Pick<ApiExchange, "params">,
): T {
  const { kind } = collection;
  const { namespace, name = "" } = params;
  const object = collection.get(kind.namespaced ? `${namespace}/${name}` : name);
  if (object === undefined) throw notFound(kind, name);
  return object;
}

function listObjects<T extends KubernetesObject>(
  collection: Collection<T>,
  exchange: ApiExchange,
  parts: ReadParts,
): void {
  const { query, request, params } = exchange;
  const selects = within(params["namespace"] ?? null, selectorOf(collection.kind, query));
  const shape = shapeOf(collection.kind, accepted(request), query, parts.clock.now());
  if (booleanOf(query, "watch")) {
    watchObjects(collection, exchange, { selects, shape, ...parts });
    return;
  }
  if (query.get("continue")) {
    // Lists come in one piece, so that no client holds a token of ours.
    throw new StatusError("Expired", "The continue token is too old: list from the beginning.");
  }
  const version = collection.resourceVersion;
  const isPlain = shape.contentType === "application/json";
  sendJson(exchange, shape.list(collection.list().filter(selects), version), {
    ...(isPlain ? { version: String(version) } : {}),
    headers: { "Content-Type": shape.contentType },
  });
}

function within<T extends KubernetesObject>(
  namespace: string | null,
  selects: Selects<T>,
): Selects<T> {
  if (namespace === null) return selects;
  return (object) => object.metadata.namespace === namespace && selects(object);
}

function accepted({ headers }: IncomingMessage): string | undefined {
  return headers.accept;
}
