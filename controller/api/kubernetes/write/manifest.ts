/** Between objects as clients send and get them, and documents as a person would write them. */
import { API_VERSION, type JupyterClusterObject, KIND } from "../../../model/resource.ts";
import type { ClusterRef } from "../../../model/ids.ts";
import { StatusError } from "../../status-error.ts";
import type { Manifest } from "./managed-specs.ts";
import { isObject } from "./merge-patch.ts";

/** What the controller fills in, and clients send back: it is left out without a word. */
const FILLED_IN = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generateName",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];

export function manifestOf({ apiVersion, kind, metadata, spec }: JupyterClusterObject): Manifest {
  const { name, namespace, labels, annotations } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
}

/**
 * What a client sends as a whole object. Fields that nobody knows are kept, so that checking the
 * document tells of them.
 *
 * @param ref as the path says
 * @throws StatusError BadRequest
 */
export function manifestFrom(object: unknown, ref: ClusterRef): Manifest {
  if (!isObject(object)) throw new StatusError("BadRequest", "The body is no object.");
  const {
    apiVersion = API_VERSION,
    kind = KIND,
    metadata = {},
    spec = {},
    status: _,
    ...more
  } = object;
  if (apiVersion !== API_VERSION || kind !== KIND) {
    const found = `${JSON.stringify(apiVersion)}, ${JSON.stringify(kind)}`;
    throw new StatusError("BadRequest", `Found ${found}; allowed here: ${API_VERSION}, ${KIND}.`);
  }
  if (!isObject(metadata)) throw new StatusError("BadRequest", "metadata is no mapping.");
  const { name = ref.name, namespace = ref.namespace, labels, annotations, ...others } = metadata;
  if (name !== ref.name || namespace !== ref.namespace) {
    const found = `${JSON.stringify(namespace)}/${JSON.stringify(name)}`;
    const message = `The object's namespace and name (${found}) are not those of the request (${ref.namespace}/${ref.name}).`;
    throw new StatusError("BadRequest", message);
  }
  const unknown = Object.fromEntries(
    Object.entries(others).filter(([key]) => !FILLED_IN.includes(key)),
  );
  return {
    ...more,
    apiVersion,
    kind,
    metadata: { ...unknown, ...ref, labels: labels ?? {}, annotations: annotations ?? {} },
    spec,
  } as Manifest;
}

/** The version on which a client's object rests; null: it does not say. */
export function baseVersion(object: unknown): string | null {
  const metadata = isObject(object) ? object["metadata"] : null;
  const version = isObject(metadata) ? metadata["resourceVersion"] : null;
  return typeof version === "string" && version !== "" ? version : null;
}

/** The object that a manifest makes of the one before; of none, a new one. */
export function objectWith(
  before: JupyterClusterObject | null,
  { metadata, spec }: Manifest,
): object {
  if (before === null) {
    return { apiVersion: API_VERSION, kind: KIND, metadata: { ...metadata, uid: "" }, spec };
  }
  return { ...before, metadata: { ...before.metadata, ...metadata }, spec };
}
