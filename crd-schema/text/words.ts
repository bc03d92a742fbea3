/** Found values and allowed ones, in words. */
import type { SchemaPart } from "./schema-part.ts";
import { typesOf } from "./schema-part.ts";

const SHOWN_MAX = 48;

/** The value as it stands in the file, shortened; keys of people are never repeated. */
export function found(value: unknown): string {
  if (value === null || value === undefined) return "nothing (null)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return `the word ${value} (without quotes: not text)`;
  if (typeof value !== "string") return `a ${typeof value}`;
  if (value === "") return "an empty text";
  const short = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value;
  return `the text ${JSON.stringify(short)}`;
}

/** @param value what was found; of limits on a length, only one that it exceeds is told */
export function allowed(part: SchemaPart, value?: unknown): string {
  if (part.const !== undefined) return JSON.stringify(part.const);
  if (part.enum !== undefined) return alternatives(part.enum);
  const kinds = typesOf(part).map((type) => kindOf(type, part, value));
  return kinds.length === 0 ? "another value" : [...new Set(kinds)].join(" or ");
}

/** `"a", "b" or "c"`. */
export function alternatives(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  const last = texts.pop() ?? "";
  return texts.length === 0 ? last : `${texts.join(", ")} or ${last}`;
}

function kindOf(type: string, part: SchemaPart, value: unknown): string {
  switch (type) {
    case "object": {
      const fields = Object.keys(part.properties ?? {});
      if (fields.length === 0) return `a mapping${atMost(part.maxProperties, "entries")}`;
      const noun = fields.length === 1 ? "field" : "fields";
      return `a mapping with the ${noun} ${fields.join(", ")}`;
    }
    case "array":
      return `a list${atMost(part.maxItems, "entries")}`;
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number${range(part)}`;
    case "number":
      return `a number${range(part)}`;
    default:
      return text(part, value);
  }
}

function range({ minimum, maximum }: SchemaPart): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  ipv4: "an IPv4 address such as 172.30.0.10",
  "ipv4-cidr": "an IPv4 subnet such as 172.30.0.0/24",
  "ip-address": "an IP address (not a host name) such as 127.0.0.1 or 0.0.0.0",
};

function text(part: SchemaPart, value: unknown): string {
  const what = part.patternErrorMessage ?? FORMATS[part.format ?? ""] ?? "text";
  const tooLong = typeof value === "string" && value.length > (part.maxLength ?? Infinity);
  const length = tooLong ? `,${atMost(part.maxLength, "characters")}` : "";
  const except = part.not?.enum === undefined ? "" : `, but not ${alternatives(part.not.enum)}`;
  return `${what}${length}${except}`;
}

function atMost(count: number | undefined, noun: string): string {
  return count === undefined ? "" : ` of at most ${count} ${noun}`;
}
