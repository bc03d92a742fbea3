/**
 * What a changed spec would do to a running cluster, told field by field before anything is done.
 * Pure: two compiled clusters in, findings out.
 */
import jsonpatch from "fast-json-patch";
import { FIELD_EFFECTS, METADATA_EFFECT } from "./preview-effects.ts";
import { manifestOf } from "../../../crd-schema/manifest.ts";
import { endedKernels } from "./ended-kernels.ts";
import type { FieldEffect } from "./preview-effects.ts";
import type { Preview, PreviewedChange } from "../../model/preview.ts";
import type { ClusterStatus } from "../../model/resource.ts";
import type { ClusterSpec, CompiledCluster } from "../../../crd-schema/spec.ts";

/**
 * @param current what the controller keeps now; null: it does not know the cluster
 * @param kernels of its status; null: nobody tells of any
 */
export function previewCluster(
  current: CompiledCluster | null,
  wanted: CompiledCluster,
  kernels: ClusterStatus["kernels"],
): Preview {
  const { namespace, name } = wanted.metadata;
  if (current === null) return { namespace, name, verdict: "create", changes: [], kernels: [] };
  const changes = changesBetween(current, wanted);
  const refused = changes.some((change) => change.kind === "refused");
  const verdict = refused ? "refused" : changes.length > 0 ? "change" : "unchanged";
  const ended = refused ? [] : endedKernels(changes, wanted.spec, kernels ?? []);
  return { namespace, name, verdict, changes, kernels: ended };
}

function changesBetween(current: CompiledCluster, wanted: CompiledCluster): PreviewedChange[] {
  const before = comparable(current);
  const after = comparable(wanted);
  const paths = jsonpatch
    .compare(before, after)
    .map(({ path }) => path.split("/").slice(1).map(jsonpatch.unescapePathComponent));
  return paths
    .map((path) => changeAt(path, before, after, wanted.spec, current.spec))
    .sort((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

function changeAt(
  path: readonly string[],
  before: object,
  after: object,
  wanted: ClusterSpec,
  current: ClusterSpec,
): PreviewedChange {
  const effect = effectOf(path);
  const from = valueAt(before, path);
  const to = valueAt(after, path);
  return {
    field: fieldName(path),
    from,
    to,
    kind: effect.kind,
    effect: effect.explain({ current, wanted }),
  };
}

/** Every path of the spec lies below a field with a known effect; the types see to that. */
function effectOf(path: readonly string[]): FieldEffect {
  const [root, ...rest] = path;
  if (root !== "spec") return METADATA_EFFECT;
  let effects: unknown = FIELD_EFFECTS;
  for (const key of rest) {
    if (isEffect(effects)) break;
    effects = (effects as Record<string, unknown>)[key];
  }
  if (!isEffect(effects)) throw new Error(`no effect is known for ${path.join(".")}`);
  return effects;
}

function isEffect(value: unknown): value is FieldEffect {
  return typeof value === "object" && value !== null && "explain" in value;
}

/**
 * The document with every default written out, fields named as in the file. Lists become maps
 * keyed by what names an item, so that a moved item is no change.
 */
function comparable(cluster: CompiledCluster): object {
  const { spec, metadata } = manifestOf(cluster);
  const { ssh, placement } = spec;
  return {
    metadata: { labels: metadata.labels, annotations: metadata.annotations },
    spec: {
      ...spec,
      ssh: { ...ssh, authorizedKeys: keyed(ssh.authorizedKeys, (key) => key) },
      placement: {
        ...placement,
        constraints: keyed(placement.constraints, (c) => `${c.field} ${c.operator}`),
      },
    },
  };
}

function keyed<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, T> {
  return Object.fromEntries(items.map((item) => [keyOf(item), item]));
}

function valueAt(root: object, path: readonly string[]): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const KEYED_LISTS = new Set(["spec.ssh.authorizedKeys", "spec.placement.constraints"]);

function fieldName(path: readonly string[]): string {
  let name = path[0] ?? "";
  for (const key of path.slice(1)) {
    const bracketed = KEYED_LISTS.has(name) || /[^A-Za-z0-9]/.test(key);
    name += bracketed ? `[${key}]` : `.${key}`;
  }
  return name;
}
