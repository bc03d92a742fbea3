/** What a run that was killed has left is found by its record, and removed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAlive, type ProcessIdentity } from "../../controller/support/files/process-identity.ts";
import { until } from "../support/poll.ts";
import { SiteRecord } from "./machine/record.ts";

const PROGRAM = resolve("dist/test/site/main.js");
const STARTED_MS_MAX = 120_000;

test("a site whose runner was killed leaves no process, directory or cgroup to the next", async () => {
  const child = spawn(process.execPath, [PROGRAM, "--hosts", "1"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { dir, processes } = await until(
    "its Docker engine answers",
    async () => {
      const record = await recordOf(child.pid);
      const isUp = record !== null && existsSync(join(record.dir, "h1", "docker.sock"));
      return isUp && record;
    },
    STARTED_MS_MAX,
  );
  expect(processes.length).toBeGreaterThan(1);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  const next = await SiteRecord.open();
  onTestFinished(() => next.close());
  for (const identity of processes) expect(await isAlive(identity)).toBe(false);
  const left = next.dir === dir ? await readdir(dir) : existsSync(dir) && (await readdir(dir));
  expect(left || []).toEqual(next.dir === dir ? ["record.json"] : []);
});

async function recordOf(runner: number | undefined) {
  const base = dirname(SiteRecord.cache);
  for (const name of existsSync(base) ? await readdir(base) : []) {
    const dir = join(base, name);
    if (!existsSync(join(dir, "record.json"))) continue;
    const content = JSON.parse(await readFile(join(dir, "record.json"), "utf8")) as {
      runner: ProcessIdentity;
      processes: ProcessIdentity[];
    };
    if (content.runner.pid === runner) return { dir, ...content };
  }
  return null;
}
