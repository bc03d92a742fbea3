/** What to write instead, where the slip is a usual one. Each returns a sentence or null. */
import type { Path } from "./field-path.ts";
import { nearest } from "./suggest.ts";
import { typesOf } from "./schema-part.ts";
import type { SchemaPart } from "./schema-part.ts";

type Hint = (value: unknown, part: SchemaPart, path: Path) => string | null;

/** The first hint that fits. */
export function hintFor(value: unknown, part: SchemaPart, path: Path): string | null {
  for (const hint of HINTS) {
    const text = hint(value, part, path);
    if (text !== null) return text;
  }
  return null;
}

const emptyValue: Hint = (value, part) => {
  if (value !== null) return null;
  return typesOf(part).includes("object")
    ? "Write `{}` after it for the defaults, or its fields below it, indented."
    : "Give a value, or remove the line for the default.";
};

const quantity: Hint = (value, part) => {
  if (part.patternErrorMessage?.includes("Ki, Mi") !== true) return null;
  if (typeof value !== "string" && typeof value !== "number") return null;
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)$/.exec(String(value));
  if (match === null) return null;
  const unit = UNITS.get((match[2] ?? "").toLowerCase()) ?? "Mi";
  return `Did you mean "${match[1]}${unit}"?`;
};

/** `mb`, `m` and nothing at all most likely mean mebibytes; `m` is no unit of memory. */
const UNITS = new Map([
  ["kb", "k"],
  ["kib", "Ki"],
  ["g", "Gi"],
  ["gb", "G"],
  ["gi", "Gi"],
  ["gib", "Gi"],
  ["mb", "M"],
  ["tb", "T"],
  ["ti", "Ti"],
  ["tib", "Ti"],
]);

const quotedNumber: Hint = (value, part) => {
  const wanted = typesOf(part).some((type) => type === "integer" || type === "number");
  const numeric = typeof value === "string" && value !== "" && Number.isFinite(Number(value));
  return wanted && numeric ? "Remove the quotes." : null;
};

const unquotedText: Hint = (value, part) => {
  if (typeof value !== "number" && typeof value !== "boolean") return null;
  const types = typesOf(part);
  const onlyText = types.includes("string") && !types.includes("number");
  return onlyText ? `Put it in quotes: "${value}".` : null;
};

const yesNo: Hint = (value, part) => {
  if (typeof value !== "string" || !typesOf(part).includes("boolean")) return null;
  if (/^(yes|on|y|true)$/i.test(value)) return "Write true, without quotes.";
  return /^(no|off|n|false)$/i.test(value) ? "Write false, without quotes." : null;
};

const misspelt: Hint = (value, part) => {
  if (typeof value !== "string" || part.enum === undefined) return null;
  const near = nearest(value, part.enum.map(String));
  return near === null ? null : `Did you mean ${JSON.stringify(near)}?`;
};

/** `updateStrategy: RollingUpdate` for `updateStrategy: {type: RollingUpdate}`. */
const valueOfField: Hint = (value, part) => {
  const owner = Object.entries(part.properties ?? {}).find(([, p]) => p.enum?.includes(value));
  return owner === undefined ? null : `Write {${owner[0]}: ${String(value)}}.`;
};

const constraintAsList: Hint = (value, part, path) => {
  if (!Array.isArray(value) || path.at(-2) !== "constraints") return null;
  const [field, operator, given] = value.map((item) => String(item));
  const rest = given === undefined ? "" : `, value: ${JSON.stringify(given)}`;
  return typesOf(part).includes("object")
    ? `Write {field: ${field ?? "hostname"}, operator: ${operator ?? "UNIQUE"}${rest}}.`
    : null;
};

const HINTS: readonly Hint[] = [
  emptyValue,
  quantity,
  quotedNumber,
  unquotedText,
  yesNo,
  misspelt,
  valueOfField,
  constraintAsList,
];
