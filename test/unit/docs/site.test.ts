/** manifests/site is held to the program: what a unit says, the command line takes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { parseManifest } from "../../../crd-schema/documents.ts";
import { capturedContext } from "../cli/captured-context.ts";

function manifest(name: string): string {
  return readFileSync(new URL(`../../../manifests/site/${name}`, import.meta.url), "utf8");
}

const verb = buildProgram(capturedContext().context).commands.find(
  (command) => command.name() === "controller",
);
const OPTIONS = verb?.options.map(({ long }) => long) ?? [];
/** Of the unit itself, and of no option. */
const OURS = ["JUPYTER_CLUSTER_IMAGE"];

function commandOf(unit: string): string {
  return /^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit)?.[1]?.replaceAll("\\\n", " ") ?? "";
}

describe("manifests/site", () => {
  it.each([
    ["jupyter-cluster.service", () => commandOf(manifest("jupyter-cluster.service"))],
    ["marathon.json", () => (JSON.parse(manifest("marathon.json")) as { cmd: string }).cmd],
  ])("%s starts a controller with options that there are", (_, read) => {
    const command = read();
    expect(command).toContain("/dist/controller/main.js controller ");
    const [, after = ""] = command.split("/dist/controller/main.js controller ");
    const given = after.match(/--[a-z-]+/g) ?? [];
    expect(given).toContain("--standby");
    expect(given.filter((option) => !OPTIONS.includes(option))).toEqual([]);
  });

  it("controller.env sets what the options take, and nothing twice", () => {
    const names = [...manifest("controller.env").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    const told = verb?.options.map(({ description }) => /env ([A-Z_]+)\)/.exec(description)?.[1]);
    expect(names.filter((name) => !OURS.includes(name ?? "") && !told?.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("lab.yaml is a valid cluster", () => {
    const { clusters, problems } = parseManifest(manifest("lab.yaml"), "lab.yaml");
    expect(problems).toEqual([]);
    expect(clusters.map(({ metadata }) => metadata.name)).toEqual(["lab"]);
  });

  it("marathon.json keeps two controllers on two hosts", () => {
    expect(JSON.parse(manifest("marathon.json"))).toMatchObject({
      instances: 2,
      constraints: [["hostname", "UNIQUE"]],
    });
  });

  it("docker-daemon.json is JSON", () => {
    expect(JSON.parse(manifest("docker-daemon.json"))).toMatchObject({ "live-restore": true });
  });
});
