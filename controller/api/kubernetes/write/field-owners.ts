/**
 * Who owns which fields of a document, so that two who apply do not undo each other's work without
 * knowing: Kubernetes' server-side apply, with lists taken whole. Pure.
 */
import { sameData } from "../../../model/same-data.ts";
import { type FieldPath, fieldsOf, overlap, withField, withoutField } from "./field-paths.ts";

export interface FieldOwner {
  /** `kubectl`, `kubectl-edit`, or as a client calls itself. */
  readonly manager: string;
  /** Apply: what it leaves out next time is removed. Update: it has changed something once. */
  readonly operation: "Apply" | "Update";
  readonly fields: readonly FieldPath[];
}

export interface Conflict {
  readonly path: FieldPath;
  readonly manager: string;
}

export interface Applied {
  readonly document: unknown;
  readonly owners: readonly FieldOwner[];
  /** Not empty: somebody else wants other values, and nothing may be changed without `force`. */
  readonly conflicts: readonly Conflict[];
}

/**
 * @param current document in force; null: there is none yet
 * @param wanted the fields that the manager has an opinion on
 * @param force takes over what others own
 */
export function apply(
  current: unknown,
  wanted: unknown,
  owners: readonly FieldOwner[],
  { manager, force }: { readonly manager: string; readonly force: boolean },
): Applied {
  const fields = fieldsOf(wanted);
  const now = fieldsOf(current);
  const others = owners.filter((owner) => !isApplier(owner, manager));
  const conflicts = [...fields].flatMap(([path, value]) =>
    now.has(path) && sameData(now.get(path), value)
      ? []
      : others
          .filter((owner) => owner.fields.some((field) => overlap(field, path)))
          .map((owner) => ({ path, manager: owner.manager })),
  );
  if (conflicts.length > 0 && !force) return { document: current, owners, conflicts };
  const before = owners.find((owner) => isApplier(owner, manager))?.fields ?? [];
  let document: unknown = current;
  for (const path of before) {
    const isWanted = [...fields.keys()].some((field) => overlap(field, path));
    const isOthers = others.some((owner) => owner.fields.some((field) => overlap(field, path)));
    if (!isWanted && !isOthers) document = withoutField(document, path);
  }
  for (const [path, value] of fields) document = withField(document, path, value);
  const taken = new Set(conflicts.map(({ path }) => path));
  const own: FieldOwner = { manager, operation: "Apply", fields: [...fields.keys()] };
  return { document, owners: [...withoutFields(others, [...taken]), own], conflicts: [] };
}

/** After a write that was no apply: what it changed is the writer's from now on. */
export function ownersAfterUpdate(
  before: unknown,
  after: unknown,
  owners: readonly FieldOwner[],
  manager: string,
): readonly FieldOwner[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const changed = [...now.keys()].filter((path) => !sameData(old.get(path), now.get(path)));
  const gone = [...old.keys()].filter((path) => !now.has(path));
  const left = withoutFields(owners, [...changed, ...gone]);
  if (changed.length === 0) return left;
  const isSame = (o: FieldOwner) => o.operation === "Update" && o.manager === manager;
  const mine = left.find(isSame)?.fields ?? [];
  const own: FieldOwner = { manager, operation: "Update", fields: [...mine, ...changed] };
  return [...left.filter((owner) => !isSame(owner)), own];
}

function isApplier({ operation, manager }: FieldOwner, name: string): boolean {
  return operation === "Apply" && manager === name;
}

function withoutFields(
  owners: readonly FieldOwner[],
  paths: readonly FieldPath[],
): readonly FieldOwner[] {
  if (paths.length === 0) return owners;
  return owners
    .map((owner) => ({
      ...owner,
      fields: owner.fields.filter((field) => !paths.some((path) => overlap(path, field))),
    }))
    .filter(({ fields }) => fields.length > 0);
}
