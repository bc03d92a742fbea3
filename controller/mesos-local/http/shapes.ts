/**
 * Shapes of JSON messages, as far as protobuf would check them: required fields, types, enums.
 * Unknown fields are ignored, as Mesos ignores them. Pure.
 */

export interface Findings {
  /** Paths of required fields that are absent. */
  readonly missing: string[];
  /** Sentences about fields of a wrong type. */
  readonly wrong: string[];
}

export type Check = (value: unknown, path: string, found: Findings) => void;

export interface Field {
  readonly required: boolean;
  readonly check: Check;
}

export function required(check: Check): Field {
  return { required: true, check };
}

export function optional(check: Check): Field {
  return { required: false, check };
}

export const string: Check = (value, path, found) => expectType(value, "string", path, found);
export const boolean: Check = (value, path, found) => expectType(value, "boolean", path, found);
export const number: Check = (value, path, found) => expectType(value, "number", path, found);

export function oneOf(...names: readonly string[]): Check {
  return (value, path, found) => {
    if (typeof value !== "string" || !names.includes(value)) {
      found.wrong.push(`'${path}' must be one of ${names.join(", ")}`);
    }
  };
}

export function list(item: Check): Check {
  return (value, path, found) => {
    if (!Array.isArray(value)) {
      found.wrong.push(`'${path}' must be an array`);
      return;
    }
    // Not by forEach: the place of a null that was taken for absent is a hole, which it passes over.
    for (let i = 0; i < value.length; i += 1) item(value[i], `${path}[${i}]`, found);
  };
}

export function object(fields: Readonly<Record<string, Field>>): Check {
  return (value, path, found) => {
    if (!isObject(value)) {
      found.wrong.push(`'${path}' must be an object`);
      return;
    }
    for (const [name, field] of Object.entries(fields)) {
      const at = path === "" ? name : `${path}.${name}`;
      const inner = value[name];
      if (inner !== undefined) field.check(inner, at, found);
      else if (field.required) found.missing.push(at);
    }
  };
}

/** Anything; the field is carried along and read elsewhere, or not at all. */
export const anything: Check = () => undefined;

/** A sentence in the words of Mesos, or null when the value has the shape. */
export function mismatch(check: Check, value: unknown): string | null {
  const found: Findings = { missing: [], wrong: [] };
  check(value, "", found);
  if (found.missing.length > 0) return `Missing required fields: ${found.missing.join(", ")}`;
  return found.wrong[0] ?? null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function expectType(value: unknown, type: string, path: string, found: Findings): void {
  if (typeof value !== type) found.wrong.push(`'${path}' must be a ${type}`);
}
