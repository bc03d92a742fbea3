/** Questions to JSON from outside. Pure. */

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Not there, or as it must be. */
export function isOptional(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || holds(value);
}

/** Not there, or a list whose every item is as it must be. */
export function isListOf(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || (Array.isArray(value) && value.every(holds));
}

/** The object under this key, if it is one. */
export function at(value: Json | undefined, key: string): Json | undefined {
  const inner = value?.[key];
  return isObject(inner) ? inner : undefined;
}

export function hasId(value: Json | undefined, key: string): boolean {
  return isId(value?.[key]);
}

/** `{ "value": "…" }` */
export function isId(value: unknown): boolean {
  return isObject(value) && isText(value["value"]);
}
