/** A document against the JSON Schema: every violation, with its place in the file. */
import { isIP, isIPv4 } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject } from "ajv/dist/2020.js";
import schema from "./jupytercluster.schema.json" with { type: "json" };
import type { DefaultedManifest, JupyterClusterManifest } from "./jupytercluster.types.ts";
import type { ParsedDocument } from "./parse.ts";
import type { Problem } from "./spec.ts";
import { childOf, fieldName } from "./text/field-path.ts";
import { findingOf } from "./text/finding.ts";
import type { Finding } from "./text/finding.ts";
import type { SchemaPart } from "./text/schema-part.ts";
import { parseSubnet } from "./values/ipv4.ts";

const CONTRACT = schema as SchemaPart;
const PROBLEMS_MAX = 50;

export const SCHEMA_OPTIONS = {
  strict: true,
  allowUnionTypes: true,
  /** A NaN or an infinity is no number of anything. */
  strictNumbers: true,
  formats: {
    ipv4: (text: string) => isIPv4(text),
    "ipv4-cidr": (text: string) => parseSubnet(text) !== null,
    "ip-address": (text: string) => isIP(text) !== 0,
  },
} as const;

/** yaml-language-server shows this text for a pattern that does not match; so do we. */
export const SCHEMA_VOCABULARY = ["patternErrorMessage"];

const validator = new Ajv2020({ ...SCHEMA_OPTIONS, allErrors: true, verbose: true })
  .addVocabulary(SCHEMA_VOCABULARY)
  .compile<JupyterClusterManifest>(schema);

const filler = new Ajv2020({ ...SCHEMA_OPTIONS, useDefaults: true })
  .addVocabulary(SCHEMA_VOCABULARY)
  .compile<DefaultedManifest>(schema);

/** Problems in the order of the file; at most 50. None: the value is a JupyterClusterManifest. */
export function validateDocument(document: ParsedDocument): Problem[] {
  if (validator(document.value)) return [];
  const findings = findingsOf(validator.errors ?? [], document.value);
  return findings
    .map(({ path, at, message }): Problem => {
      const { line, column } = document.locate(path, at);
      const field = fieldName(path);
      return { severity: "error", file: document.file, line, column, field, message };
    })
    .sort(byPlace)
    .slice(0, PROBLEMS_MAX);
}

/**
 * A copy with every default of the schema filled in.
 *
 * @throws a value that {@link validateDocument} refuses: a mistake of the caller
 */
export function withDefaults(value: unknown): DefaultedManifest {
  const copy: unknown = structuredClone(value);
  if (filler(copy)) return copy;
  throw new Error(`not a valid JupyterCluster: ${filler.errors?.[0]?.instancePath ?? ""}`);
}

export function isManifest(value: unknown): value is JupyterClusterManifest {
  return validator(value);
}

/** Order of the file; what concerns the file as a whole comes first. */
export function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function findingsOf(errors: readonly ErrorObject[], value: unknown): Finding[] {
  const told = new Map<string, Finding>();
  for (const error of errors) {
    const finding = findingOf(error, value, CONTRACT);
    if (finding === null) continue;
    const name = fieldName(finding.path);
    // Several keywords may refuse one value: all would say what is found and what is allowed.
    if (!told.has(name)) told.set(name, finding);
  }
  // Of a document of another kind every field is unknown: that it is another kind says all.
  const foreign = IDENTITY.filter(
    (key) => typeof childOf(value, key) === "string" && told.has(key),
  );
  return [...told.values()].filter(
    (f) => foreign.length === 0 || foreign.includes(fieldName(f.path)),
  );
}

const IDENTITY = ["apiVersion", "kind"];
