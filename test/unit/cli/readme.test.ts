import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import { capturedContext } from "./captured-context.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

interface SchemaPart {
  readonly description: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
}

/** A row of the README's table for every field that has none below it. */
function rowsOf(part: SchemaPart, path: readonly string[]): string[] {
  if (part.properties !== undefined) {
    return Object.entries(part.properties).flatMap(([key, below]) => rowsOf(below, [...path, key]));
  }
  const fallback = part.default === undefined ? "" : `\`${JSON.stringify(part.default)}\``;
  const text = part.description.replaceAll("|", "\\|").replaceAll("<", "\\<");
  return [`| \`${path.join(".")}\` | ${fallback} | ${text} |`];
}

describe("README.md", () => {
  const lines = new Set(readme.split("\n"));

  it("has every field of the spec, with its default and its description", () => {
    const missing = rowsOf(schema.properties.spec, ["spec"]).filter((row) => !lines.has(row));
    expect(missing).toEqual([]);
  });

  it("says what to do about every error", () => {
    const codes = Object.values(ERROR_CODES);
    const missing = codes.filter((code) => !readme.includes(`\n| \`${code}\` |`));
    expect(missing).toEqual([]);
  });

  it("names every verb", () => {
    const verbs = buildProgram(capturedContext().context).commands.map((verb) => verb.name());
    const missing = verbs.filter((verb) => !new RegExp(`^\\| \`${verb}[ \`]`, "m").test(readme));
    expect(missing).toEqual([]);
  });
});
