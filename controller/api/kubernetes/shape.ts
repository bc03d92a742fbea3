/** In which form a client wants objects: as they are, as rows of a table, or their metadata alone. */
import { StatusError } from "../status-error.ts";
import type { Kind } from "./kind.ts";
import type { KubernetesObject } from "./object.ts";

const META = "meta.k8s.io/v1";

/** Turns objects into what is sent. */
export interface Shape<T> {
  readonly contentType: string;
  list(items: readonly T[], resourceVersion: number): object;
  /** Of a single object, and of one in a watch. */
  one(object: T): object;
}

/**
 * The first form in `Accept` that we have. Old clients ask for `v1beta1` of tables and take `v1`.
 *
 * @throws StatusError NotAcceptable, BadRequest
 */
export function shapeOf<T extends KubernetesObject>(
  kind: Kind<T>,
  accept: string | undefined,
  query: URLSearchParams,
  now: number,
): Shape<T> {
  for (const wanted of (accept ?? "*/*").split(",")) {
    const [type = "", ...parameters] = wanted.split(";").map((part) => part.trim());
    if (!["application/json", "application/*", "*/*"].includes(type.toLowerCase())) continue;
    const as = parameters.find((parameter) => parameter.startsWith("as="))?.slice(3);
    if (as === undefined) return plain(kind);
    if (!parameters.includes("g=meta.k8s.io")) continue;
    if (as === "Table") return table(kind, includedObject(query), now);
    if (as.startsWith("PartialObjectMetadata")) return metadataAlone();
  }
  throw new StatusError("NotAcceptable", "Only application/json is served here.");
}

function plain<T extends KubernetesObject>(kind: Kind<T>): Shape<T> {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  return {
    contentType: "application/json",
    list: (items, version) => ({
      kind: `${kind.kind}List`,
      apiVersion,
      metadata: { resourceVersion: String(version) },
      items,
    }),
    one: (object) => object,
  };
}

function metadataAlone<T extends KubernetesObject>(): Shape<T> {
  return {
    contentType: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    list: (items, version) => ({
      kind: "PartialObjectMetadataList",
      apiVersion: META,
      metadata: { resourceVersion: String(version) },
      items: items.map(partial),
    }),
    one: partial,
  };
}

type Included = "Object" | "Metadata" | "None";

function table<T extends KubernetesObject>(
  { columns }: Kind<T>,
  included: Included,
  now: number,
): Shape<T> {
  const columnDefinitions = columns.map(({ name, type, description, wide }, at) => ({
    name,
    type,
    format: at === 0 && name === "Name" ? "name" : "",
    description,
    priority: wide === true ? 1 : 0,
  }));
  const row = (object: T) => ({
    cells: columns.map((column) => column.cell(object, now)),
    ...(included === "None" ? {} : { object: included === "Object" ? object : partial(object) }),
  });
  const rows = (items: readonly T[], resourceVersion: string) => ({
    kind: "Table",
    apiVersion: META,
    metadata: { resourceVersion },
    columnDefinitions,
    rows: items.map(row),
  });
  return {
    contentType: "application/json;as=Table;v=v1;g=meta.k8s.io",
    list: (items, version) => rows(items, String(version)),
    one: (object) => rows([object], object.metadata.resourceVersion),
  };
}

function partial({ metadata }: KubernetesObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: META, metadata };
}

function includedObject(query: URLSearchParams): Included {
  const text = query.get("includeObject") ?? "Metadata";
  if (text === "Object" || text === "Metadata" || text === "None") return text;
  throw new StatusError("BadRequest", "includeObject is one of Object, Metadata, None.");
}
