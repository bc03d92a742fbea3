/** One ajv error as a sentence for the person who edits the file. */
import type { ErrorObject } from "ajv/dist/2020.js";
import { fieldName, pathOfPointer } from "./field-path.ts";
import type { Path } from "./field-path.ts";
import { hintFor } from "./hints.ts";
import { pathsOfField } from "./schema-part.ts";
import type { SchemaPart } from "./schema-part.ts";
import { nearest } from "./suggest.ts";
import { allowed, found } from "./words.ts";

export interface Finding {
  readonly path: Path;
  /** Whether the field's name or its value is wrong. */
  readonly at: "key" | "value";
  readonly message: string;
}

/** The object that the API serves can be fed back once these are gone. */
const SET_BY_CONTROLLER = new Set([
  "status",
  "metadata.uid",
  "metadata.generation",
  "metadata.resourceVersion",
  "metadata.creationTimestamp",
]);

/** @returns null for an error that another one already tells better */
export function findingOf(error: ErrorObject, root: unknown, contract: SchemaPart): Finding | null {
  const path = pathOfPointer(error.instancePath, root);
  const part = (error.parentSchema ?? {}) as SchemaPart;
  const { keyword, params } = error;
  if (keyword === "propertyNames") return null;
  if (error.propertyName !== undefined) {
    const names = allowed({ ...part, type: "string" }, error.propertyName);
    const message = `Found the name ${JSON.stringify(error.propertyName)}; allowed: ${names}.`;
    return { path: [...path, error.propertyName], at: "key", message };
  }
  if (keyword === "required") {
    const name = String(params["missingProperty"]);
    const wanted = part.properties?.[name];
    const what = wanted === undefined ? "." : `; allowed: ${allowed(wanted)}.`;
    return { path: [...path, name], at: "value", message: `This field is missing${what}` };
  }
  if (keyword === "additionalProperties") {
    const name = String(params["additionalProperty"]);
    const message = unknownField([...path, name], part, contract);
    return { path: [...path, name], at: "key", message };
  }
  if (keyword === "uniqueItems") {
    const { i, j } = params as { i: number; j: number };
    const first = Math.min(i, j) + 1;
    const message = `Found the same entry as entry ${first}; allowed: each entry once.`;
    return { path: [...path, Math.max(i, j)], at: "value", message };
  }
  return { path, at: "value", message: wrongValue(error.data, part, path) };
}

function wrongValue(value: unknown, part: SchemaPart, path: Path): string {
  const hint = hintFor(value, part, path);
  const sentence = `Found ${shown(value, path)}; allowed: ${allowed(part, value)}.`;
  return hint === null ? sentence : `${sentence} ${hint}`;
}

/** What stands in the place of a key may be a secret one: it is never repeated. */
function shown(value: unknown, path: Path): string {
  if (!path.includes("authorizedKeys") || typeof value !== "string") return found(value);
  if (value.includes("PRIVATE KEY")) {
    return "a private key (take it out of the file, and use it no more: it has been written down)";
  }
  return `a text of ${value.length} characters`;
}

function unknownField(path: Path, part: SchemaPart, contract: SchemaPart): string {
  const name = String(path.at(-1));
  if (SET_BY_CONTROLLER.has(fieldName(path))) {
    return "This field is set by the controller: remove it from the file.";
  }
  const here = Object.keys(part.properties ?? {});
  const near = nearest(name, here);
  const elsewhere = pathsOfField(contract, name).map(fieldName);
  const exact = near !== null && simpler(near) === simpler(name);
  if (elsewhere.length > 0 && !exact) {
    return `Unknown field here: ${JSON.stringify(name)} belongs at ${elsewhere.join(" or ")}.`;
  }
  const guess = near === null ? "" : ` did you mean ${JSON.stringify(near)}?`;
  return guess === ""
    ? `Unknown field ${found(name)}; allowed: ${here.join(", ")}.`
    : `Unknown field ${JSON.stringify(name)};${guess}`;
}

function simpler(word: string): string {
  return word.toLowerCase();
}
