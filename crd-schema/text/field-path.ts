/** A place in a document: the keys and list indexes on the way to it. */
export type Path = readonly (string | number)[];

/** As people write it: `spec.placement.constraints[0].field`, `metadata.labels["a.b/c"]`. */
export function fieldName(path: Path): string {
  let name = "";
  for (const part of path) {
    if (typeof part === "number") name += `[${part}]`;
    else if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) name += `[${JSON.stringify(part)}]`;
    else name += name === "" ? part : `.${part}`;
  }
  return name;
}

/** Path of a JSON Pointer (RFC 6901) into `root`; only there it is known what is a list. */
export function pathOfPointer(pointer: string, root: unknown): Path {
  if (pointer === "") return [];
  const path: (string | number)[] = [];
  let value = root;
  for (const escaped of pointer.slice(1).split("/")) {
    const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    const part = Array.isArray(value) ? Number(key) : key;
    path.push(part);
    value = childOf(value, part);
  }
  return path;
}

export function childOf(value: unknown, part: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined;
}
