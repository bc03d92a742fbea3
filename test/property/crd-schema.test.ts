/** What holds for every spec file there could be. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { crossCheck } from "../../crd-schema/cross-checks.ts";
import { parseManifest } from "../../crd-schema/documents.ts";
import { manifestOf } from "../../crd-schema/manifest.ts";
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { addressNumber, parseSubnet } from "../../crd-schema/values/ipv4.ts";
import { NOWHERE } from "../../crd-schema/yaml/positions.ts";
import { validManifest, wildManifest } from "../support/crd-schema/arbitraries.ts";

function clustersOf(value: unknown): readonly CompiledCluster[] {
  return parseManifest(stringify(value, { aliasDuplicateObjects: false }), "f").clusters;
}

/** One valid document must give one cluster. */
function compileValid(value: unknown): CompiledCluster {
  const { clusters, problems } = parseManifest(stringify(value), "f");
  const errors = problems.filter((problem) => problem.severity === "error");
  expect(errors).toEqual([]);
  return clusters[0] as CompiledCluster;
}

function expectTold(text: string): void {
  const { clusters, problems } = parseManifest(text, "f");
  const lines = text.split("\n").length;
  for (const { line, column, message } of problems) {
    expect(message).not.toBe("");
    if (line === null || column === null) continue;
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
  }
  // Never both silent and empty: either there is a cluster, or a problem says why not.
  expect(clusters.length + problems.length).toBeGreaterThan(0);
}

describe("parsing never throws, and always says something", () => {
  it("of any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), expectTold));
  });

  it("of any text made of YAML's own signs", () => {
    const signs = fc.constantFrom(..."-?:,[]{}#&*!|>'\"%@`<=~ \n\t\r\u0085\u2028ab1.".split(""));
    const text = fc.array(signs, { maxLength: 60 }).map((parts) => parts.join(""));
    fc.assert(fc.property(text, expectTold), { numRuns: 2000 });
  });

  it("of any value as YAML and as JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expectTold(stringify(value));
        expectTold(JSON.stringify(value, null, "\t"));
      }),
    );
  });

  it("of a document whose fields have any values", () => {
    fc.assert(
      fc.property(wildManifest, (manifest) => expectTold(stringify(manifest))),
      { numRuns: 500 },
    );
  });

  it("of a sound document with a piece cut out or put in", () => {
    const edit = fc.record({ at: fc.nat(3000), cut: fc.nat(20), put: fc.string({ maxLength: 5 }) });
    fc.assert(
      fc.property(validManifest, edit, (manifest, { at, cut, put }) => {
        const text = stringify(manifest);
        const place = at % text.length;
        expectTold(text.slice(0, place) + put + text.slice(place + cut));
      }),
      { numRuns: 500 },
    );
  });
});

describe("every valid document", () => {
  it("compiles to a cluster that satisfies the cross checks and the bounds", () => {
    fc.assert(
      fc.property(validManifest, (manifest) => {
        const cluster = compileValid(manifest);
        const errors = crossCheck({ cluster, locate: NOWHERE }).filter(isError);
        expect(errors).toEqual([]);
        const { spec } = cluster;
        expect(spec.replicas).toBeGreaterThanOrEqual(1);
        expect(spec.replicas).toBeLessThanOrEqual(9);
        expect(spec.etcd.electionMs).toBeGreaterThanOrEqual(5 * spec.etcd.heartbeatMs);
        expect(Number.isInteger(spec.resources.memoryMiB)).toBe(true);
        const subnet = parseSubnet(spec.network.subnet);
        const first = addressNumber(spec.network.firstAddress);
        expect(first).toBeGreaterThan((subnet?.first ?? 0) + 1);
        expect(first + spec.replicas - 1).toBeLessThan(subnet?.last ?? 0);
      }),
      { numRuns: 300 },
    );
  });

  it("written out with its defaults compiles to the same", () => {
    fc.assert(
      fc.property(validManifest, (manifest) => {
        const cluster = compileValid(manifest);
        const again = compileValid(manifestOf(cluster));
        expect(again.spec).toEqual(cluster.spec);
        expect(again.metadata).toEqual(cluster.metadata);
      }),
      { numRuns: 300 },
    );
  });

  it("means the same as YAML, as JSON and with Windows line ends", () => {
    fc.assert(
      fc.property(validManifest, (manifest) => {
        const yaml = stringify(manifest);
        const [a] = parseManifest(yaml, "f").clusters;
        const [b] = parseManifest(JSON.stringify(manifest), "f").clusters;
        const [c] = parseManifest(`\uFEFF${yaml.replaceAll("\n", "\r\n")}`, "f").clusters;
        expect(b).toEqual(a);
        expect(c).toEqual(a);
      }),
    );
  });

  it("twice is a conflict, and neither is taken", () => {
    fc.assert(
      fc.property(validManifest, (manifest) => {
        const text = stringify(manifest);
        expect(parseManifest(`${text}---\n${text}`, "f").clusters).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

it("what is compiled from any value satisfies the cross checks", () => {
  fc.assert(
    fc.property(wildManifest, (manifest) => {
      for (const cluster of clustersOf(manifest)) {
        expect(crossCheck({ cluster, locate: NOWHERE }).filter(isError)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === "error";
}
