/** What a document asks for that the release before could not read: by that release's own schema. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { fieldName } from "../text/field-path.ts";
import { SCHEMA_OPTIONS, SCHEMA_VOCABULARY } from "../validate.ts";
import schema from "./0.1.0.schema.json" with { type: "json" };

let compiled: ValidateFunction | null = null;

function validator(): ValidateFunction {
  const ajv = () => new Ajv2020(SCHEMA_OPTIONS).addVocabulary(SCHEMA_VOCABULARY);
  compiled ??= ajv().compile(schema);
  return compiled;
}

/** Of documents, which are replaced and never changed. */
const known = new WeakMap<object, string | null>();

/**
 * @param written `spec` of a valid document, as its user wrote it
 * @returns the field, e.g. `spec.storage.shared.type`; null: release 0.1.0 accepts the document too
 */
export function firstFieldUnknownTo010(written: object): string | null {
  const before = known.get(written);
  if (before !== undefined) return before;
  const found = find(written);
  known.set(written, found);
  return found;
}

function find(spec: object): string | null {
  const { apiVersion, kind } = schema.properties;
  const document = {
    apiVersion: apiVersion.const,
    kind: kind.const,
    metadata: { name: "a" },
    spec,
  };
  const validate = validator();
  if (validate(document)) return null;
  const [first] = validate.errors ?? [];
  const path = (first?.instancePath ?? "").split("/").slice(1);
  const params = first?.params as { additionalProperty?: unknown } | undefined;
  const added = params?.additionalProperty;
  return fieldName(typeof added === "string" ? [...path, added] : path);
}
