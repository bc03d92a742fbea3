/** The storage types, and all that others may ask of one without knowing which it is. Pure. */
import type { DockerParameter } from "./docker-parameter.ts";
import { glusterfs } from "./glusterfs.ts";
import { hostPath } from "./host-path.ts";
import { nfs } from "./nfs.ts";
import type { NodeMount } from "./node-mount.ts";
import type {
  FieldRule,
  StorageOwner,
  StorageType,
  StorageValues,
  TypeField,
  WrittenStorage,
} from "./storage-type.ts";
import { volume } from "./volume.ts";

type TypeName = WrittenStorage["type"];

/** The compiler asks for a row for each type that the schema allows. */
const TYPES = { volume, hostPath, glusterfs, nfs } satisfies Record<TypeName, object>;

type FieldsOf<T extends TypeName> = keyof (typeof TYPES)[T]["fields"] & TypeField;

/** The shared storage of a compiled cluster: its type, and the fields that this type has. */
export type SharedStorage = {
  [T in TypeName]: { readonly type: T } & StorageValues<FieldsOf<T>>;
}[TypeName];

export interface FieldProblem {
  readonly field: TypeField;
  readonly message: string;
}

/** Every field that not every type has. */
export const TYPE_FIELDS: readonly TypeField[] = [
  ...new Set(Object.values(TYPES).flatMap((row) => fieldsOf(row))),
];

/** Those of them that say where the files are: they cannot be changed on a live cluster. */
export const PLACE_FIELDS: readonly TypeField[] = TYPE_FIELDS.filter((field) =>
  Object.keys(TYPES).every((type) => {
    const { fields } = rowOf(type as TypeName);
    return !(field in fields) || fields[field].mayChange !== true;
  }),
);

/** The value of a field, whichever type has it. */
export type FieldValue = NonNullable<WrittenStorage[TypeField]>;

/** What a change of each field that not every type has does. */
export function everyTypeField<T>(ofPlace: T, ofOthers: T): Readonly<Record<TypeField, T>> {
  const effects = TYPE_FIELDS.map((field) => {
    return [field, PLACE_FIELDS.includes(field) ? ofPlace : ofOthers] as const;
  });
  return Object.fromEntries(effects) as Record<TypeField, T>;
}

/** Fields that the type lacks, else fields that it does not have. None: it can be compiled. */
export function misfits(written: WrittenStorage): readonly FieldProblem[] {
  const { type } = written;
  const row = rowOf(type);
  const missing = fieldsOf(row).flatMap((field) => {
    const rule = row.fields[field];
    if (written[field] !== undefined || !("needed" in rule)) return [];
    return [{ field, message: `This field is missing; type ${type} needs ${rule.needed}.` }];
  });
  if (missing.length > 0) return missing;
  const foreign = TYPE_FIELDS.filter((f) => written[f] !== undefined && !(f in row.fields));
  return foreign.map((field) => {
    const owners = typesWith(field);
    const write = owners.map((owner) => `\`type: ${owner}\``).join(" or ");
    const message =
      `Found ${field} with type ${type}; allowed: only with type ${owners.join(" or ")}. Write ` +
      `${write}, or remove it.`;
    return { field, message };
  });
}

/** @throws what {@link misfits} refuses: a mistake of the caller */
export function compileStorage(owner: StorageOwner, written: WrittenStorage): SharedStorage {
  const { type, mountPath } = written;
  const row = rowOf(type);
  const own = fieldsOf(row).map((field) => {
    const rule = row.fields[field];
    const value = written[field] ?? ("needed" in rule ? undefined : rule.whenLeftOut(owner));
    if (value === undefined) throw new Error(`type ${type} without a ${field}`);
    return [field, value];
  });
  return { type, mountPath, ...Object.fromEntries(own) } as SharedStorage;
}

/** What is wrong with the values of the type's own fields. */
export function valueProblems(shared: SharedStorage): readonly FieldProblem[] {
  const row = rowOf(shared.type);
  return ownValues(shared).flatMap(([field, value]) => {
    const rule = row.fields[field] as FieldRule<FieldValue>;
    const message = rule.problem?.(value) ?? null;
    return message === null ? [] : [{ field, message }];
  });
}

/** The type's own fields in the order of its row, which never changes. */
export function ownValues(shared: SharedStorage): readonly (readonly [TypeField, FieldValue])[] {
  const values = valuesOf(shared);
  return fieldsOf(rowOf(shared.type)).map((field) => [field, values[field]] as const);
}

/** Null: the type has no such field. */
export function ownValue(shared: SharedStorage, field: TypeField): FieldValue | null {
  return field in rowOf(shared.type).fields ? valuesOf(shared)[field] : null;
}

/** How a container gets the directory. */
export function storageParameters(shared: SharedStorage): readonly DockerParameter[] {
  return rowOf(shared.type).parameters(valuesOf(shared));
}

/** What the nodes mount by themselves; null: Docker mounts it. */
export function nodeMount(shared: SharedStorage): NodeMount | null {
  return rowOf(shared.type).nodeMount?.(valuesOf(shared)) ?? null;
}

/** Whether a directory in which nothing was mounted is a fault. */
export function requiresMount(shared: SharedStorage): boolean {
  return rowOf(shared.type).requiresMount?.(valuesOf(shared)) ?? false;
}

/** Directories of the host that a container gets with it. */
export function hostDirectories(shared: SharedStorage): readonly string[] {
  return storageParameters(shared).flatMap(({ key, value }) =>
    key === "volume" && value.startsWith("/") ? [value.slice(0, value.indexOf(":"))] : [],
  );
}

/** Docker volumes that must be there before a launch. */
export function storageVolumes(shared: SharedStorage): readonly string[] {
  return rowOf(shared.type).dockerVolumes(valuesOf(shared));
}

/** A row as if it had every field: it reads none but its own, and those are there. */
function rowOf(type: TypeName): StorageType<TypeField> {
  return TYPES[type] as unknown as StorageType<TypeField>;
}

function valuesOf(shared: SharedStorage): StorageValues<TypeField> {
  return shared as unknown as StorageValues<TypeField>;
}

function fieldsOf({ fields }: { readonly fields: object }): TypeField[] {
  return Object.keys(fields) as TypeField[];
}

function typesWith(field: TypeField): string[] {
  return Object.entries(TYPES).flatMap(([type, { fields }]) => (field in fields ? [type] : []));
}
