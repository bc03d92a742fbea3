#!/usr/bin/env node
/**
 * Makes jupytercluster.types.ts from jupytercluster.schema.json; `--check` only tells whether it is
 * fresh (exit 1 when not). Two types: the document as a person writes it, and the same with every
 * default filled in, where a field that has a default is always there.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { compile } from "json-schema-to-typescript";

const SCHEMA = new URL("jupytercluster.schema.json", import.meta.url);
const TYPES = new URL("jupytercluster.types.ts", import.meta.url);

const BANNER = `/**
 * Generated from jupytercluster.schema.json by \`npm run generate\`. Do not edit: edit the schema.
 */
`;

const OPTIONS = {
  // A list is a list, however long it may be.
  ignoreMinAndMaxItems: true,
  additionalProperties: false,
  style: { printWidth: 100, singleQuote: false, trailingComma: "all" },
};

async function generateTypes() {
  const schema = JSON.parse(await readFile(SCHEMA, "utf8"));
  const written = await compile({ ...schema, title: "JupyterClusterManifest" }, "", {
    ...OPTIONS,
    bannerComment: BANNER,
  });
  const title = "DefaultedManifest";
  const description = "The same document with every default of the schema filled in.";
  const filled = { ...withDefaultsRequired(schema), title, description };
  return `${written}\n${await compile(filled, "", { ...OPTIONS, bannerComment: "" })}`;
}

/** A property with a default is required in what is filled in. Described once, in the other. */
function withDefaultsRequired(described) {
  const { description: _, ...part } = described;
  if (part.properties === undefined) return part;
  const properties = Object.entries(part.properties);
  const filled = properties.filter(([, property]) => "default" in property).map(([key]) => key);
  return {
    ...part,
    properties: Object.fromEntries(
      properties.map(([key, property]) => [key, withDefaultsRequired(property)]),
    ),
    required: [...new Set([...(part.required ?? []), ...filled])],
  };
}

const fresh = await generateTypes();
const current = existsSync(TYPES) ? await readFile(TYPES, "utf8") : "";
if (current !== fresh && process.argv.includes("--check")) {
  process.stderr.write("crd-schema/jupytercluster.types.ts is old: run `npm run generate`.\n");
  process.exitCode = 1;
} else if (current !== fresh) {
  await writeFile(TYPES, fresh);
}
