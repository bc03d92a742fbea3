/** docs/reference is held to the code: what the code has, a page tells. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import { ask, json, startApi } from "../api/harness.ts";
import { capturedContext } from "../cli/captured-context.ts";

function page(name: string): string {
  return readFileSync(new URL(`../../../docs/reference/${name}.md`, import.meta.url), "utf8");
}

interface SchemaPart {
  readonly description: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
}

/** A row of the table for every field that has none below it. */
function rowsOf(part: SchemaPart, path: readonly string[]): string[] {
  if (part.properties !== undefined) {
    return Object.entries(part.properties).flatMap(([key, below]) => rowsOf(below, [...path, key]));
  }
  const fallback = part.default === undefined ? "" : `\`${JSON.stringify(part.default)}\``;
  const text = part.description.replaceAll("|", "\\|").replaceAll("<", "\\<");
  return [`| \`${path.join(".")}\` | ${fallback} | ${text} |`];
}

describe("docs/reference", () => {
  it("tells every field of the spec, with its default and its description", () => {
    const lines = new Set(page("spec").split("\n"));
    const missing = rowsOf(schema.properties.spec, ["spec"]).filter((row) => !lines.has(row));
    expect(missing).toEqual([]);
  });

  it("says what to do about every error", () => {
    const text = page("errors");
    const codes = Object.values(ERROR_CODES);
    const missing = codes.filter((code) => !text.includes(`\n| \`${code}\` |`));
    expect(missing).toEqual([]);
  });

  it("names every verb, and each option that has an environment variable", () => {
    const text = page("cli");
    const verbs = buildProgram(capturedContext().context).commands;
    const missing = verbs
      .map((verb) => verb.name())
      .filter((verb) => !new RegExp(`^\\| \`${verb}[ \`]`, "m").test(text));
    const variables = verbs
      .flatMap((verb) => verb.options)
      .flatMap(({ envVar }) => envVar ?? [])
      .filter((variable) => !text.includes(`\n| \`${variable}\` |`));
    expect([...missing, ...new Set(variables)]).toEqual([]);
  });

  it("has every path of the API", async () => {
    const { api } = await startApi();
    const { paths } = json(await ask(api.url, "/")) as { paths: string[] };
    await api.close();
    const one = "/apis/jupytercluster.dev/v1alpha1/namespaces/{namespace}/jupyterclusters/";
    const told = paths.map((path) => path.replaceAll(/:(\w+)/g, "{$1}").replace(one, "…/"));
    const text = page("api");
    const missing = told.filter((path) => !new RegExp(`${escaped(path)}[\`?]`).test(text));
    expect(missing).toEqual([]);
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
