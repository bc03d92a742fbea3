/**
 * The fields of a document, as server-side apply counts them: every value that is no mapping, by its
 * path. Lists are taken whole, as `x-kubernetes-list-type: atomic`.
 */
import { define, isObject } from "./merge-patch.ts";

/** JSON of the path's keys: `["spec","replicas"]`. */
export type FieldPath = string;

/** By path; an empty mapping counts as a value. */
export function fieldsOf(document: unknown): ReadonlyMap<FieldPath, unknown> {
  const fields = new Map<FieldPath, unknown>();
  collect(document, [], fields);
  return fields;
}

function collect(value: unknown, path: readonly string[], into: Map<FieldPath, unknown>): void {
  const isLeaf = !isObject(value) || (Object.keys(value).length === 0 && path.length > 0);
  if (isLeaf) {
    into.set(JSON.stringify(path), value);
    return;
  }
  for (const [key, below] of Object.entries(value)) collect(below, [...path, key], into);
}

/** Whether a change of one changes the other: the same, or one is within the other. */
export function overlap(a: FieldPath, b: FieldPath): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.startsWith(`${short.slice(0, -1)},`);
}

/** For people: `spec.etcd.quota`. */
export function fieldText(path: FieldPath): string {
  return keysOf(path).join(".");
}

/** A copy with the field set; mappings on the way are made. */
export function withField(document: unknown, path: FieldPath, value: unknown): unknown {
  return set(document, keysOf(path), value);
}

/** A copy without the field, and without the mappings that are empty for it. */
export function withoutField(document: unknown, path: FieldPath): unknown {
  return unset(document, keysOf(path));
}

function set(document: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy: Record<string, unknown> = isObject(document) ? { ...document } : {};
  define(copy, key, set(copy[key], rest, value));
  return copy;
}

function unset(document: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || !isObject(document) || !(key in document)) return document;
  const copy = { ...document };
  const below = rest.length === 0 ? undefined : unset(copy[key], rest);
  const isEmpty = below === undefined || (isObject(below) && Object.keys(below).length === 0);
  if (isEmpty) delete copy[key];
  else define(copy, key, below);
  return copy;
}

function keysOf(path: FieldPath): string[] {
  return JSON.parse(path) as string[];
}
