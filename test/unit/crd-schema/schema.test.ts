/** The contract itself: complete, self-explaining, and the source of the generated types. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import { loadManifests } from "../../../crd-schema/load.ts";
import type { SchemaPart } from "../../../crd-schema/text/schema-part.ts";
import { compiled, told, withSpec } from "../../support/crd-schema/manifest-text.ts";

const ROOT = new URL("../../../", import.meta.url);

interface Field extends SchemaPart {
  readonly examples?: readonly unknown[];
}

/** Every field below `part`, by its dotted name. */
function fields(part: Field, prefix = ""): [string, Field][] {
  const own = Object.entries(part.properties ?? {});
  const items = part.items === undefined ? [] : fields(part.items, `${prefix.slice(0, -1)}[].`);
  return [
    ...own.flatMap(([key, value]): [string, Field][] => [
      [`${prefix}${key}`, value],
      ...fields(value, `${prefix}${key}.`),
    ]),
    ...items,
  ];
}

const FIELDS = fields(schema as Field);
const SPEC_FIELDS = FIELDS.filter(([name]) => /^spec\.[a-zA-Z.]+$/.test(name));

describe("the schema", () => {
  it.each(FIELDS)("describes %s in whole sentences", (_, field) => {
    expect(field.description).toMatch(/^[A-Za-z].{15,}\.$/s);
  });

  it.each(FIELDS.filter(([, f]) => f.properties !== undefined))(
    "knows every field of %s",
    (_, field) => {
      expect(field.additionalProperties).toBe(false);
    },
  );

  it.each(SPEC_FIELDS.filter(([, f]) => f.properties === undefined))(
    "offers a value for %s: words, a default, or an example",
    (_, field) => {
      const offered = field.enum ?? field.examples ?? field.default;
      expect(offered).toBeDefined();
    },
  );

  const written = SPEC_FIELDS.flatMap(([name, field]) =>
    [...(field.examples ?? []), ...(field.default === undefined ? [] : [field.default])].map(
      (value): [string, unknown] => [name, value],
    ),
  );

  it.each(written)("%s: the example %j is valid", (name, value) => {
    const keys = name.split(".").slice(1);
    const nested = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
    const says = told(withSpec(JSON.stringify(nested))).filter((line) => line.includes(" error: "));
    // A field that needs another beside it is valid with it, which other tests see to.
    const alone = says.filter(
      (line) => !/firstAddress|electionMilliseconds|only with type/.test(line),
    );
    expect(alone).toEqual([]);
  });

  it("has the defaults that compiling shows", () => {
    const explicit = SPEC_FIELDS.filter(([, f]) => f.default !== undefined && !f.properties);
    const { spec } = compiled(withSpec(""));
    expect(explicit.length).toBeGreaterThan(25);
    expect(spec.replicas).toBe(schema.properties.spec.properties.replicas.default);
  });
});

describe("what is made from the schema", () => {
  it("the types are fresh (npm run generate)", async () => {
    const script = fileURLToPath(new URL("crd-schema/generate.mjs", ROOT));
    const run = promisify(execFile)(process.execPath, [script, "--check"], { timeout: 20_000 });
    await expect(run).resolves.toMatchObject({ stderr: "" });
  });
});

describe("the manifests that we ship", () => {
  it("are valid without a warning, each and all together", async () => {
    const { clusters, problems } = await loadManifests(new URL("manifests", ROOT).pathname);
    expect(problems).toEqual([]);
    expect(clusters.map((c) => c.metadata.name)).toContain("lab");
  });

  it("tell editors where the schema is", async () => {
    const directory = new URL("manifests/", ROOT);
    const files = (await readdir(directory)).filter((name) => name.endsWith(".yaml"));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const name of files) {
      const [first = ""] = (await readFile(new URL(name, directory), "utf8")).split("\n");
      const reference = /^# yaml-language-server: \$schema=(.+)$/.exec(first)?.[1] ?? "";
      const target = await readFile(new URL(reference, new URL(name, directory)), "utf8");
      expect(JSON.parse(target)).toMatchObject({ title: "JupyterCluster" });
    }
  });
});
