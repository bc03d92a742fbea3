/** The storage types, and all that others may ask of one without knowing which it is. Pure. */
import { hostPath } from "./host-path.ts";
import type {
  DockerParameter,
  StorageOwner,
  StorageType,
  StorageValues,
  TypeField,
  WrittenStorage,
} from "./storage-type.ts";
import { volume } from "./volume.ts";

type TypeName = WrittenStorage["type"];

/** The compiler asks for a row for each type that the schema allows. */
const TYPES = { volume, hostPath } satisfies Record<TypeName, object>;

type FieldsOf<T extends TypeName> = keyof (typeof TYPES)[T]["fields"] & TypeField;

/** The shared storage of a compiled cluster: its type, and the fields that this type has. */
export type SharedStorage = {
  [T in TypeName]: { readonly type: T } & StorageValues<FieldsOf<T>>;
}[TypeName];

export interface FieldProblem {
  readonly field: TypeField;
  readonly message: string;
}

/** Every field that is of some type alone. */
export const TYPE_FIELDS: readonly TypeField[] = Object.values(TYPES).flatMap(fieldsOf);

/** The same for every field that is of some type alone. */
export function everyTypeField<T>(value: T): Readonly<Record<TypeField, T>> {
  return Object.fromEntries(TYPE_FIELDS.map((field) => [field, value])) as Record<TypeField, T>;
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
    const owner = typesWith(field).join(" or ");
    const message =
      `Found ${field} with type ${type}; allowed: only with type ${owner}. Write \`type: ` +
      `${owner}\`, or remove it.`;
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
    const message = row.fields[field].problem?.(value) ?? null;
    return message === null ? [] : [{ field, message }];
  });
}

/** The type's own fields in the order of its row, which never changes. */
export function ownValues(shared: SharedStorage): readonly (readonly [TypeField, string])[] {
  const values = valuesOf(shared);
  return fieldsOf(rowOf(shared.type)).map((field) => [field, values[field]] as const);
}

/** Null: the type has no such field. */
export function ownValue(shared: SharedStorage, field: TypeField): string | null {
  return field in rowOf(shared.type).fields ? valuesOf(shared)[field] : null;
}

/** How a container gets the directory. */
export function storageParameters(shared: SharedStorage): readonly DockerParameter[] {
  return rowOf(shared.type).parameters(valuesOf(shared));
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
