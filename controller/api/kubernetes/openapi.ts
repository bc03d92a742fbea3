/**
 * The contract in OpenAPI 3.0, as kubectl reads it: for `explain`, and to learn that `dryRun` and
 * `fieldValidation` are understood, without which it applies nothing.
 */
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import { sendJson } from "../exchange.ts";
import type { Route } from "../router.ts";
import { groupVersion, rootPath } from "./kind.ts";
import { jupyterClusters } from "./kinds/jupyter-clusters.ts";

const { group, version, kind, plural } = jupyterClusters;
const GROUP_VERSION_KIND = { group, version, kind };
const DOCUMENT = `/openapi/v3${rootPath(jupyterClusters)}`;

export function openApiRoutes(): Route[] {
  const index = {
    paths: { [DOCUMENT.slice("/openapi/v3/".length)]: { serverRelativeURL: DOCUMENT } },
  };
  const document = openApiDocument();
  return [
    { method: "GET", path: "/openapi/v3", handler: (exchange) => sendJson(exchange, index) },
    { method: "GET", path: DOCUMENT, handler: (exchange) => sendJson(exchange, document) },
  ];
}

function openApiDocument(): object {
  const all = `${rootPath(jupyterClusters)}/namespaces/{namespace}/${plural}`;
  const operation = (action: string, parameters: readonly string[] = []) => ({
    "x-kubernetes-group-version-kind": GROUP_VERSION_KIND,
    "x-kubernetes-action": action,
    parameters: parameters.map((name) => ({ name, in: "query", schema: { type: "string" } })),
    responses: { 200: { description: "OK" } },
  });
  const changing = ["dryRun", "fieldManager", "fieldValidation"];
  return {
    openapi: "3.0.0",
    info: { title: "jupyter-cluster", version: groupVersion(jupyterClusters) },
    paths: {
      [all]: { get: operation("list"), post: operation("post", changing) },
      [`${all}/{name}`]: {
        get: operation("get"),
        put: operation("put", changing),
        patch: operation("patch", [...changing, "force"]),
        delete: operation("delete", ["dryRun"]),
      },
    },
    components: {
      schemas: {
        [`${group.split(".").toReversed().join(".")}.${version}.${kind}`]: {
          ...openApiSchema(schema),
          "x-kubernetes-group-version-kind": [GROUP_VERSION_KIND],
        },
      },
    },
  };
}

/** Of JSON Schema what OpenAPI 3.0 has too; the rest is checked on our side. */
const KEPT = new Set([
  ...["description", "type", "default", "enum", "format", "required"],
  ...["minimum", "maximum", "minLength", "maxLength", "maxItems", "maxProperties", "pattern"],
]);

type Json = Readonly<Record<string, unknown>>;

function openApiSchema(from: Json): object {
  const to: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(from)) {
    if (Array.isArray(value) && key === "type") Object.assign(to, eitherType(value));
    else if (key === "properties") to[key] = mapped(value as Json, openApiSchema);
    else if (key === "items") to[key] = openApiSchema(value as Json);
    else if (key === "additionalProperties" && typeof value === "object") {
      to[key] = openApiSchema(value as Json);
    } else if (key === "const") to["enum"] = [value];
    else if (KEPT.has(key)) to[key] = value;
  }
  return to;
}

/** A number or a text with a unit, which OpenAPI 3.0 has no single type for. */
function eitherType(types: readonly unknown[]): object {
  return { anyOf: types.map((type) => ({ type })), "x-kubernetes-int-or-string": true };
}

function mapped(values: Json, map: (value: Json) => object): object {
  return Object.fromEntries(Object.entries(values).map(([k, v]) => [k, map(v as Json)]));
}
