/**
 * The import directions of DESIGN.md 2 are rules of the linter. Here violations are planted beside
 * a copy of its configuration, to see that it finds exactly those.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const CONFIGURATION = ".oxlintrc.json";
const LINT_MS_MAX = 20_000;

/** Importing folder, what it imports, and whether it may. */
const IMPORTS: readonly (readonly [string, string, "may" | "may not"])[] = [
  ["controller/cli", "../loop/controller-loop.ts", "may"],
  ["controller/cli", "../mesos-local/start.ts", "may"],
  ["controller/cli", "../../agent-image/build/ensure-agent-image.ts", "may"],
  ["controller/cli", "../../test/support/poll.ts", "may not"],
  ["controller/loop", "../plan/plan.ts", "may"],
  ["controller/loop", "../model/ports.ts", "may"],
  ["controller/loop", "../mesos/wire.ts", "may"],
  ["controller/loop", "../mesos/scheduler.ts", "may not"],
  ["controller/loop", "../etcd/cluster-client.ts", "may not"],
  ["controller/loop", "../docker/containers.ts", "may not"],
  ["controller/loop", "../act/actor.ts", "may not"],
  ["controller/loop", "../observe/observer.ts", "may not"],
  ["controller/loop", "../cli/options.ts", "may not"],
  ["controller/plan", "../model/action.ts", "may"],
  ["controller/plan", "../mesos/wire.ts", "may"],
  ["controller/plan", "../../crd-schema/spec.ts", "may"],
  ["controller/plan", "./loop/step.ts", "may"],
  ["controller/plan", "../loop/ports.ts", "may not"],
  ["controller/plan", "../support/clock.ts", "may not"],
  ["controller/plan/steps", "../../support/clock.ts", "may not"],
  ["controller/plan", "node:fs", "may not"],
  ["controller/plan", "undici", "may not"],
  ["controller/model", "../plan/plan.ts", "may not"],
  ["controller/model", "../support/clock.ts", "may not"],
  ["controller/observe", "../mesos/scheduler.ts", "may"],
  ["controller/observe", "../agents/agent-stream.ts", "may"],
  ["controller/observe", "../act/actor.ts", "may not"],
  ["controller/observe", "../plan/plan.ts", "may not"],
  ["controller/act", "../docker/networks.ts", "may"],
  ["controller/act", "../observe/observer.ts", "may not"],
  ["controller/act", "../loop/ports.ts", "may not"],
  ["controller/act", "../main.ts", "may not"],
  ["controller/api", "../store/state.ts", "may not"],
  ["controller/api", "../mesos-local/start.ts", "may not"],
  ["controller/proxy", "../loop/published.ts", "may not"],
  ["controller/store", "../model/memory.ts", "may"],
  ["controller/store", "../api/server.ts", "may not"],
  ["controller/mesos", "../support/clock.ts", "may"],
  ["controller/mesos", "../loop/ports.ts", "may not"],
  ["controller/mesos", "../docker/containers.ts", "may not"],
  ["controller/etcd", "../mesos/scheduler.ts", "may not"],
  ["controller/docker", "../../agent-image/build/ensure-agent-image.ts", "may not"],
  ["controller/support", "../model/ports.ts", "may"],
  ["controller/support", "../docker/containers.ts", "may not"],
  ["controller/mesos-local", "../mesos/wire.ts", "may"],
  ["controller/mesos-local", "../model/errors.ts", "may"],
  ["controller/mesos-local", "../support/clock.ts", "may"],
  ["controller/mesos-local", "../mesos/http/recordio.ts", "may not"],
  ["controller/mesos-local", "../model/ids.ts", "may not"],
  ["controller/mesos-local/http", "../../docker/containers.ts", "may not"],
  ["crd-schema", "../controller/model/ids.ts", "may not"],
  ["crd-schema/checks", "../../controller/model/ids.ts", "may not"],
  ["agent-image/agent", "../../controller/model/agent-api.ts", "may"],
  ["agent-image/agent", "../../controller/support/clock.ts", "may not"],
  ["agent-image/agent/etcd", "../../../controller/etcd/member-client.ts", "may not"],
  ["agent-image/agent", "../build/ensure-agent-image.ts", "may not"],
  ["agent-image/build", "../../controller/docker/connect.ts", "may"],
  ["agent-image/build", "../../controller/loop/ports.ts", "may not"],
  ["agent-image/build", "../agent/main.ts", "may not"],
];

/** What pure code must not do, a line each. */
const IMPURITIES = [
  "export const now = Date.now();",
  "export const today = new Date();",
  "export const chance = Math.random();",
  "export const timer = setTimeout(() => undefined, 1);",
  "export const home = process.env;",
  "export const answer = fetch;",
  "export async function later(): Promise<void> {}",
  'export { randomBytes } from "node:crypto";',
];

let directory: string;
let findings: readonly string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "import-directions-"));
  await cp(join(repository, CONFIGURATION), join(directory, CONFIGURATION));
  await cp(join(repository, "tsconfig.json"), join(directory, "tsconfig.json"));
  await symlink(join(repository, "node_modules"), join(directory, "node_modules"));
  const plant = async (file: string, line: string) => {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), `${line}\n`);
  };
  for (const [i, [folder, specifier]] of IMPORTS.entries()) {
    await plant(`${folder}/import-${i}.ts`, `export * as planted from "${specifier}";`);
  }
  for (const [i, line] of IMPURITIES.entries()) {
    await plant(`controller/plan/impure-${i}.ts`, line);
    await plant(`controller/model/impure-${i}.ts`, line);
    await plant(`controller/support/impure-${i}.ts`, line);
  }
  findings = await filesWithFindings();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Files in which the linter found something; it exits with 1 when it did. */
function filesWithFindings(): Promise<string[]> {
  const linter = join(repository, "node_modules/.bin/oxlint");
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, timeout: LINT_MS_MAX };
    execFile(linter, ["--format", "json"], options, (error, stdout) => {
      try {
        const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string }[] };
        resolve(diagnostics.map((found) => found.filename));
      } catch {
        reject(error ?? new Error(`not the linter's JSON: ${stdout}`));
      }
    });
  });
}

describe("import directions", () => {
  it.each(IMPORTS.map((entry, i) => [...entry, i] as const))(
    "%s: imports of %s it %s have",
    (folder, _, verdict, i) => {
      expect(findings.includes(`${folder}/import-${i}.ts`)).toBe(verdict === "may not");
    },
  );

  it("give every folder of controller/ its place", async () => {
    const { overrides } = JSON.parse(await readFile(join(repository, CONFIGURATION), "utf8")) as {
      overrides: { files: string[] }[];
    };
    const placed = new Set(overrides.flatMap((override) => override.files));
    const entries = await readdir(join(repository, "controller"), { withFileTypes: true });
    const folders = entries.filter((e) => e.isDirectory() && e.name !== "setup").map((e) => e.name);
    expect(folders.filter((name) => !placed.has(`controller/${name}/**`))).toEqual([]);
  });
});

describe("pure code", () => {
  it.each(IMPURITIES.map((line, i) => [line, i] as const))("has no `%s`", (_, i) => {
    expect(findings).toContain(`controller/plan/impure-${i}.ts`);
    expect(findings).toContain(`controller/model/impure-${i}.ts`);
  });

  it("is asked of plan/ and model/ only", () => {
    expect(findings.filter((file) => file.startsWith("controller/support/impure"))).toEqual([]);
  });
});
