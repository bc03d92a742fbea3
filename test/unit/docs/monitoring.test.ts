/** manifests/monitoring is held to the program: what it asks for, the controller tells. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { KernelSummary } from "../../../controller/model/resource.ts";
import { metricsOfLab } from "../../support/metrics-of-lab.ts";
import { alerts, dashboard, MONITORING, type Panel, queries } from "../../support/monitoring.ts";
import { clusterObject, snapshot } from "../cli/cluster-fixture.ts";

const METRIC =
  /\b(?:jupytercluster|controller_runtime|leader_election|workqueue|process|nodejs)_\w+/g;

const KERNEL: KernelSummary = {
  ...{ id: "k", name: "python3", notebook: null, node: "lab-1", slot: 1, state: "idle" },
  ...{ since: null, memoryBytes: 100, lastExit: null },
};

async function told(): Promise<ReadonlySet<string>> {
  const { published, metrics, text } = metricsOfLab();
  const backup = { count: 1, last: snapshot(1) };
  published.publish(clusterObject({ status: { backup, kernels: [KERNEL] } }), []);
  metrics.reconcile.reconciled("success", 0.02);
  const names = (await text()).matchAll(/^([a-z]\w+)(?:\{|\s)/gm);
  return new Set([...names].map(([, name = ""]) => name));
}

function overlap(a: Panel["gridPos"], b: Panel["gridPos"]): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe("manifests/monitoring", () => {
  it("asks for no metric that the controller does not tell", async () => {
    const asked =
      [...alerts().map(({ expr }) => expr), ...queries()].join("\n").match(METRIC) ?? [];
    const there = await told();
    expect(new Set(asked).size).toBeGreaterThan(20);
    expect([...new Set(asked)].filter((name) => !there.has(name))).toEqual([]);
  });

  it("has an example of each alert that fires", () => {
    const tested = readFileSync(`${MONITORING}/alerts.test.yaml`, "utf8");
    const fires = (alert: string) =>
      tested.includes(`labels: 'ALERTS{alertname="${alert}",alertstate="firing"`);
    expect(alerts().filter(({ alert }) => !fires(alert))).toEqual([]);
  });

  it("has a dashboard whose panels bear numbers of their own and do not overlap", () => {
    const { panels } = dashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const pairs = panels.flatMap((a, i) => panels.slice(i + 1).map((b) => [a, b] as const));
    expect(pairs.filter(([a, b]) => overlap(a.gridPos, b.gridPos))).toEqual([]);
  });
});
