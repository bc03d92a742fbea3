/**
 * The shape of JSON values, learnt from examples: which fields there are, of which types, and which
 * of them no example lacks. Items of a list are told apart by their `type`, as protobuf's unions are.
 */

export type Shape =
  | { readonly kind: "string" | "number" | "boolean" | "null" }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Field> }
  | { readonly kind: "list"; readonly items: ReadonlyMap<string, Shape> };

interface Field {
  readonly shape: Shape;
  /** No example lacks it. */
  readonly always: boolean;
}

/** Throws when there is no example, or they are of different kinds. */
export function shapeOf(examples: readonly unknown[]): Shape {
  const [first] = examples;
  const kind = kindOf(first);
  if (examples.some((example) => kindOf(example) !== kind)) throw new Error("two types of a field");
  if (kind === "list") return { kind, items: itemsOf(examples as unknown[][]) };
  if (kind === "object") return { kind, fields: fieldsOf(examples as object[]) };
  return { kind };
}

/** What of the value has another shape, each with its path; fields that are unknown too. */
export function differences(shape: Shape, value: unknown, path = ""): string[] {
  if (kindOf(value) !== shape.kind) return [`${path}: ${kindOf(value)}, not ${shape.kind}`];
  if (shape.kind === "list") {
    return (value as unknown[]).flatMap((item, i) => {
      const known = shape.items.get(variantOf(item));
      const at = `${path}[${i}]`;
      return known === undefined ? [`${at}: unknown variant`] : differences(known, item, at);
    });
  }
  if (shape.kind !== "object") return [];
  const given = new Map(Object.entries(value as object));
  const missing = [...shape.fields].filter(([name, { always }]) => always && !given.has(name));
  return [
    ...missing.map(([name]) => `${path}.${name}: missing`),
    ...[...given].flatMap(([name, inner]) => {
      const field = shape.fields.get(name);
      const at = `${path}.${name}`;
      return field === undefined ? [`${at}: unknown`] : differences(field.shape, inner, at);
    }),
  ];
}

function fieldsOf(examples: readonly object[]): ReadonlyMap<string, Field> {
  const names = new Set(examples.flatMap((example) => Object.keys(example)));
  return new Map(
    [...names].map((name) => {
      const having = examples.filter((example) => Object.hasOwn(example, name));
      const shape = shapeOf(having.map((example) => (example as Record<string, unknown>)[name]));
      return [name, { shape, always: having.length === examples.length }];
    }),
  );
}

function itemsOf(examples: readonly (readonly unknown[])[]): ReadonlyMap<string, Shape> {
  const variants = groupedBy(examples.flat(), variantOf);
  return new Map([...variants].map(([variant, items]) => [variant, shapeOf(items)]));
}

export function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function variantOf(item: unknown): string {
  const { type } = (item ?? {}) as { type?: unknown };
  return typeof type === "string" && /^(SCALAR|RANGES|SET|TEXT)$/.test(type) ? type : "";
}

function kindOf(value: unknown): Shape["kind"] {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  const type = typeof value;
  if (type === "object" || type === "string" || type === "number" || type === "boolean") {
    return type;
  }
  throw new Error(`no JSON: ${type}`);
}
