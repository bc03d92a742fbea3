/** Prometheus' own tool reads what we give it: configuration, alerts, the dashboard's queries, our metrics. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureDebianTool } from "../support/debian-tool.ts";
import { metricsOfLab } from "../support/metrics-of-lab.ts";
import { MONITORING, queries } from "../support/monitoring.ts";
import { clusterObject } from "../unit/cli/cluster-fixture.ts";

let promtool: string;
let scratch: string;

beforeAll(async () => {
  promtool = await ensureDebianTool({ path: "usr/bin/promtool", packageName: "prometheus" });
  scratch = await mkdtemp(join(tmpdir(), "monitoring-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** What it says when it is not content; empty: it is. */
function complaint(args: readonly string[], input = ""): Promise<string> {
  const child = spawn(promtool, args, { cwd: MONITORING });
  let said = "";
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0 ? "" : said));
  });
}

describe("promtool", () => {
  it("takes the configuration and the rules", async () => {
    expect(await complaint(["check", "config", "prometheus.yaml"])).toBe("");
  });

  it("sees each alert fire, and not before its time", async () => {
    expect(await complaint(["test", "rules", "alerts.test.yaml"])).toBe("");
  });

  it("takes every query of the dashboard", async () => {
    const rules = queries().map((expr, i) => ({ record: `query:${i}`, expr }));
    const file = join(scratch, "queries.yaml");
    await writeFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    expect(await complaint(["check", "rules", file])).toBe("");
  });

  it("finds nothing to say of our metrics' names and texts", async () => {
    const { published, text } = metricsOfLab();
    published.publish(clusterObject(), []);
    expect(await complaint(["check", "metrics"], await text())).toBe("");
  });
});
