import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  brokenLayers,
  importCircles,
  importsOfTests,
  impurities,
  longFiles,
  type Sources,
} from "./rules.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("the sources", () => {
  const sources = readSources();

  it("are the product and its tests", () => {
    expect(sources.has("controller/main.ts")).toBe(true);
    expect(sources.has("test/unit/architecture/rules.ts")).toBe(true);
  });

  it.each([
    ["import along the layers only", brokenLayers],
    ["of the product use no test", importsOfTests],
    ["of plan/ and model/ are pure", impurities],
    ["of the product have no circle of imports", circlesOfProduct],
    ["are files that one can take in", longFiles],
  ])("%s", (_, rule) => {
    expect(rule(sources)).toEqual([]);
  });
});

function circlesOfProduct(all: Sources): string[] {
  const product = [...all].filter(([path]) => !path.startsWith("test/"));
  return importCircles(new Map(product));
}

function readSources(): Sources {
  const places = ["controller", "crd-schema", "agent-image", "test"];
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", ...places];
  const paths = execFileSync("git", listed, { cwd: root, encoding: "utf8" }).split("\n");
  const wanted = paths.filter((path) => /\.tsx?$/.test(path) && existsSync(join(root, path)));
  return new Map(wanted.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** What the rule says of a file in memory, among others that are there to be imported. */
function said(rule: (sources: Sources) => string[], files: Readonly<Record<string, string>>) {
  return rule(new Map(Object.entries(files)));
}

describe("the rule of layers", () => {
  const importing = (from: string, specifier: string) =>
    said(brokenLayers, { [from]: `// first\nexport * from "${specifier}";\n` });

  it.each([
    ["controller/cli/up.ts", "../loop/controller-loop.ts"],
    ["controller/core.ts", "./act/actor.ts"],
    ["controller/loop/a.ts", "../plan/plan.ts"],
    ["controller/loop/a.ts", "../support/backoff.ts"],
    ["controller/plan/a.ts", "../mesos/wire.ts"],
    ["controller/plan/loop/a.ts", "../launch/b.ts"],
    ["controller/observe/a.ts", "../mesos/scheduler.ts"],
    ["controller/mesos-local/agent/a.ts", "../../docker/events.ts"],
    ["agent-image/agent/unit/a.ts", "../../../controller/support/clock.ts"],
    ["agent-image/build/a.ts", "../../controller/docker/connect.ts"],
    ["crd-schema/checks/a.ts", "../spec.ts"],
    ["controller/plan/a.ts", "undici"],
  ])("lets %s import %s", (from, specifier) => {
    expect(importing(from, specifier)).toEqual([]);
  });

  it.each([
    ["controller/loop/a.ts", "../act/actor.ts", "controller/act/actor.ts"],
    ["controller/loop/a.ts", "../support/clock.ts", "controller/support/clock.ts"],
    ["controller/loop/a.ts", "../mesos/scheduler.ts", "controller/mesos/scheduler.ts"],
    ["controller/plan/steps/a.ts", "../../support/clock.ts", "controller/support/clock.ts"],
    ["controller/observe/a.ts", "../plan/plan.ts", "controller/plan/plan.ts"],
    ["controller/act/a.ts", "../core.ts", "controller/core.ts"],
    ["controller/support/a.ts", "../docker/events.ts", "controller/docker/events.ts"],
    ["controller/mesos-local/a.ts", "../mesos/scheduler.ts", "controller/mesos/scheduler.ts"],
    ["controller/mesos-local/a.ts", "../model/memory.ts", "controller/model/memory.ts"],
    ["crd-schema/checks/a.ts", "../../controller/model/ids.ts", "controller/model/ids.ts"],
    ["agent-image/agent/a.ts", "../../controller/etcd/b.ts", "controller/etcd/b.ts"],
    ["agent-image/build/a.ts", "../agent/main.ts", "agent-image/agent/main.ts"],
    ["controller/cli/up.ts", "../../agent-image/agent/main.ts", "agent-image/agent/main.ts"],
  ])("does not let %s import %s", (from, specifier, to) => {
    const layer = from.split("/").slice(0, 2).join("/");
    const expected = from.startsWith("crd-schema") ? "crd-schema" : layer;
    expect(importing(from, specifier)).toEqual([`${from}:2 imports ${to}: ${expected} may not`]);
  });

  it("sees types, later imports and every form of them", () => {
    const lines = [
      'import type { A } from "../act/a.ts";',
      'export type { B } from "../act/b.ts";',
      'type C = import("../act/c.ts").C;',
      'const d = () => import("../act/d.ts");',
    ];
    const found = said(brokenLayers, { "controller/loop/x.ts": lines.join("\n") });
    expect(found.map((text) => text.split(" ")[0])).toEqual([
      "controller/loop/x.ts:1",
      "controller/loop/x.ts:2",
      "controller/loop/x.ts:3",
      "controller/loop/x.ts:4",
    ]);
  });

  it("wants a place for every new folder", () => {
    const found = said(brokenLayers, { "controller/newcomer/a.ts": "" });
    expect(found).toEqual(["controller/newcomer/a.ts:1 has no place in the table of layers"]);
  });
});

describe("the rule of purity", () => {
  it.each([
    ["export const now = Date.now();", "Date"],
    ["export const today = new Date();", "Date"],
    ["export const chance = Math.random();", "Math.random"],
    ["export const timer = setTimeout(() => undefined, 1);", "setTimeout"],
    ["export const home = process.env;", "process"],
    ["export const answer = fetch;", "fetch"],
    ["export async function later() {}", "async"],
    ["export const later = async () => undefined;", "async"],
    ['export const later = () => import("./b.ts");', "import()"],
    ['import { randomBytes } from "node:crypto";', "an import of node:crypto"],
    ['export { randomBytes } from "node:crypto";', "an import of node:crypto"],
    ['import * as all from "node:crypto";', "an import of node:crypto"],
    ['import { readFile } from "node:fs/promises";', "an import of node:fs/promises"],
    ['import { Agent } from "undici";', "an import of undici"],
  ])("finds `%s`", (line, what) => {
    for (const path of ["controller/plan/launch/a.ts", "controller/model/a.ts"]) {
      const expected = `${path}:2 has ${what}: pure code gets it as an argument, or not`;
      expect(said(impurities, { [path]: `\n${line}\n` })).toEqual([expected]);
    }
    expect(said(impurities, { "controller/support/a.ts": line })).toEqual([]);
  });

  it.each([
    'import { createHash } from "node:crypto";',
    'import jsonpatch from "fast-json-patch";',
    'import { a } from "./a.ts";',
    "export const text = (ms: number) => new Date(ms).toISOString();",
    "export const ms = (text: string) => Date.parse(text);",
    "export const plan = (input: { process: string }) => ({ process: input.process });",
    "export const greatest = Math.max(1, 2);",
  ])("lets `%s` be", (line) => {
    expect(said(impurities, { "controller/plan/a.ts": line })).toEqual([]);
  });
});

describe("the other rules", () => {
  it("find what the product takes of the tests", () => {
    const text = 'import { until } from "../../test/support/poll.ts";';
    expect(said(importsOfTests, { "controller/cli/a.ts": text })).toEqual([
      "controller/cli/a.ts:1 imports test/support/poll.ts: the product uses no test",
    ]);
    expect(said(importsOfTests, { "test/unit/a.ts": 'import "../support/poll.ts";' })).toEqual([]);
  });

  it("find circles, of types alone too, and each once", () => {
    const files = {
      "crd-schema/a.ts": 'import type { B } from "./b.ts";',
      "crd-schema/b.ts": 'import { c } from "./c.ts";\nimport "./d.ts";',
      "crd-schema/c.ts": 'export type { A } from "./a.ts";',
      "crd-schema/d.ts": "",
    };
    expect(said(importCircles, files)).toEqual([
      "crd-schema/a.ts -> crd-schema/b.ts -> crd-schema/c.ts -> crd-schema/a.ts: a circle of imports",
    ]);
    expect(said(importCircles, { ...files, "crd-schema/c.ts": "" })).toEqual([]);
  });

  it("find files that are too long, except generated ones", () => {
    const long = "\n".repeat(301);
    const files = { "controller/a.ts": long, "crd-schema/jupytercluster.types.ts": long };
    expect(said(longFiles, files)).toEqual(["controller/a.ts:301 is longer than 300 lines"]);
    expect(said(longFiles, { "controller/a.ts": "\n".repeat(300) })).toEqual([]);
  });
});
