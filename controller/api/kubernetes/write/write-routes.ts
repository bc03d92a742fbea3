/** create, replace, patch, apply and delete of JupyterClusters. */
import type { ClusterRef } from "../../../model/ids.ts";
import { API_VERSION, type JupyterClusterObject } from "../../../model/resource.ts";
import { type ApiExchange, sendJson } from "../../exchange.ts";
import { booleanOf } from "../../requests.ts";
import type { Route } from "../../router.ts";
import { StatusError } from "../../status-error.ts";
import { rootPath } from "../kind.ts";
import { jupyterClusters } from "../kinds/jupyter-clusters.ts";
import { notFound } from "../not-found.ts";
import { readBody } from "./body.ts";
import { deleteOptionsOf, isDryRun, sendDeleted } from "./delete-options.ts";
import { apply, type Conflict } from "./field-owners.ts";
import { fieldText } from "./field-paths.ts";
import { baseVersion, manifestFrom, manifestOf } from "./manifest.ts";
import { isObject } from "./merge-patch.ts";
import { APPLY, patched } from "./patches.ts";
import { ownedPart, RESOURCE, type SpecWriter } from "./writer.ts";

const { group, plural } = jupyterClusters;

export function writeRoutes(writer: SpecWriter): Route[] {
  const some = `${rootPath(jupyterClusters)}/namespaces/:namespace/${plural}`;
  const one = `${some}/:name`;
  const changing = (
    method: Route["method"],
    path: string,
    work: (writer: SpecWriter, exchange: ApiExchange) => Promise<void>,
  ): Route => ({ method, path, authorized: true, handler: (exchange) => work(writer, exchange) });
  return [
    changing("POST", some, create),
    changing("PUT", one, replace),
    changing("PATCH", one, patch),
    changing("DELETE", one, remove),
    {
      method: "GET",
      path: `${one}/status`,
      handler: (x) => sendJson(x, existing(writer, refOf(x))),
    },
  ];
}

async function create(writer: SpecWriter, exchange: ApiExchange): Promise<void> {
  const { value } = await readBody(exchange.request);
  const metadata = isObject(value) && isObject(value["metadata"]) ? value["metadata"] : {};
  const { name } = metadata;
  if (typeof name !== "string" || name === "") {
    throw new StatusError("BadRequest", "metadata.name is missing: the cluster needs one.");
  }
  const ref = { namespace: exchange.params["namespace"] ?? "", name };
  await writer.inTurn(ref, async () => {
    if (writer.current(ref) !== null) {
      const details = { name, group, kind: plural };
      throw new StatusError("AlreadyExists", `${RESOURCE} "${name}" already exists`, { details });
    }
    const change = await writer.updated(null, manifestFrom(value, ref), managerOf(exchange));
    sendJson(exchange, await writer.write(null, change, isDryRun(exchange)), { status: 201 });
  });
}

async function replace(writer: SpecWriter, exchange: ApiExchange): Promise<void> {
  const { value } = await readBody(exchange.request);
  const ref = refOf(exchange);
  await writer.inTurn(ref, () => update(writer, exchange, existing(writer, ref), value));
}

async function patch(writer: SpecWriter, exchange: ApiExchange): Promise<void> {
  const { type, value } = await readBody(exchange.request);
  const ref = refOf(exchange);
  await writer.inTurn(ref, async () => {
    if (type === APPLY) return serverSideApply(writer, exchange, value);
    const before = existing(writer, ref);
    return update(writer, exchange, before, patched(type, before, value));
  });
}

/** The whole object as a client wants it. */
async function update(
  writer: SpecWriter,
  exchange: ApiExchange,
  before: JupyterClusterObject,
  wanted: unknown,
): Promise<void> {
  requireSameVersion(before, baseVersion(wanted));
  const manifest = manifestFrom(wanted, refOf(exchange));
  const change = await writer.updated(before, manifest, managerOf(exchange));
  sendJson(exchange, await writer.write(before, change, isDryRun(exchange)));
}

async function serverSideApply(
  writer: SpecWriter,
  exchange: ApiExchange,
  value: unknown,
): Promise<void> {
  const ref = refOf(exchange);
  const manager = exchange.query.get("fieldManager") ?? "";
  if (manager === "") {
    throw new StatusError("BadRequest", "fieldManager is missing: who applies?");
  }
  const before = writer.current(ref);
  if (before !== null) requireSameVersion(before, baseVersion(value));
  const wanted = ownedPart(manifestFrom(value, ref));
  const current = before === null ? null : ownedPart(manifestOf(before));
  const force = booleanOf(exchange.query, "force");
  const owners = await writer.owners(ref);
  const applied = apply(current, filled(wanted), owners, { manager, force });
  if (applied.conflicts.length > 0) throw conflict(ref, applied.conflicts);
  const manifest = manifestFrom({ apiVersion: API_VERSION, ...Object(applied.document) }, ref);
  const object = await writer.write(
    before,
    { manifest, owners: applied.owners },
    isDryRun(exchange),
  );
  sendJson(exchange, object, { status: before === null ? 201 : 200 });
}

/** Mappings that the client did not write are no opinion of its. */
function filled(wanted: object): object {
  const { metadata, spec } = wanted as { metadata: Record<string, object>; spec: object };
  const written = Object.entries(metadata).filter(([, value]) => Object.keys(value).length > 0);
  return {
    ...(written.length === 0 ? {} : { metadata: Object.fromEntries(written) }),
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  };
}

async function remove(writer: SpecWriter, exchange: ApiExchange): Promise<void> {
  const ref = refOf(exchange);
  const options = await deleteOptionsOf(exchange);
  await writer.inTurn(ref, async () => {
    const before = existing(writer, ref);
    requireSameVersion(before, options.resourceVersion);
    const { name, uid } = before.metadata;
    if (options.uid !== null && options.uid !== uid) throw modified(name);
    writer.requireManaged(ref);
    if (!options.dryRun) await writer.remove(before);
    sendDeleted(exchange, { name, group, kind: plural, uid });
  });
}

export function refOf({ params }: ApiExchange): ClusterRef {
  return { namespace: params["namespace"] ?? "", name: params["name"] ?? "" };
}

/** @throws StatusError NotFound */
export function existing(writer: SpecWriter, ref: ClusterRef): JupyterClusterObject {
  const object = writer.current(ref);
  if (object === null) throw notFound(jupyterClusters, ref.name);
  return object;
}

/** @throws StatusError Conflict */
export function requireSameVersion(object: JupyterClusterObject, version: string | null): void {
  if (version === null || version === object.metadata.resourceVersion) return;
  throw modified(object.metadata.name);
}

function modified(name: string): StatusError {
  const message =
    `Operation cannot be fulfilled on ${RESOURCE} "${name}": the object has been modified; ` +
    "please apply your changes to the latest version and try again";
  return new StatusError("Conflict", message, { details: { name, group, kind: plural } });
}

function conflict({ name }: ClusterRef, conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ path, manager }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${JSON.stringify(manager)}`,
    field: `.${fieldText(path)}`,
  }));
  const told = causes.map(({ field, message }) => `${message}: ${field}`);
  const message = `Apply failed with ${causes.length} conflict${causes.length === 1 ? "" : "s"}: ${told.join(", ")}`;
  return new StatusError("Conflict", message, { details: { name, group, kind: plural, causes } });
}

/** As it calls itself, else the program's name. */
export function managerOf({ query, request }: ApiExchange): string {
  return (
    query.get("fieldManager") ||
    (request.headers["user-agent"] ?? "unknown").split("/")[0] ||
    "unknown"
  );
}
