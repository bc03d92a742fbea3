import { expect, it } from "vitest";
import type { KernelSummary } from "../../../controller/model/resource.ts";
import { metricsOfLab } from "../../support/metrics-of-lab.ts";
import { clusterObject } from "../cli/cluster-fixture.ts";

const LABELS = 'namespace="default",name="lab"';

const kernel = (id: string, change: Partial<KernelSummary> = {}): KernelSummary => ({
  ...{ id, name: "python3", notebook: null, node: "lab-1", slot: 1, state: "idle" },
  ...{ since: "2026-01-02T03:00:00Z", memoryBytes: 100, lastExit: null },
  ...change,
});

const ended = (second: number, reason: "OutOfMemory" | "NodeLost" = "OutOfMemory") => ({
  lastExit: { reason, message: "It ended.", at: `2026-01-02T03:00:0${second}Z` },
});

function setUp() {
  const { published, text } = metricsOfLab();
  const lines = async () => (await text()).split("\n").filter((l) => l.includes("_kernels"));
  const tell = (kernels: KernelSummary[] | null) => {
    published.publish(clusterObject({ status: { kernels } }), []);
  };
  return { published, lines, tell };
}

it("tell kernels by state, and what a node's take of memory", async () => {
  const { tell, lines } = setUp();
  const busy = kernel("b", { state: "busy", memoryBytes: 20 });
  const lost = kernel("c", { state: "lost", memoryBytes: null, slot: 2 });
  tell([kernel("a"), busy, lost]);
  expect(await lines()).toEqual(
    expect.arrayContaining([
      `jupytercluster_kernels{${LABELS},state="idle"} 1`,
      `jupytercluster_kernels{${LABELS},state="busy"} 1`,
      `jupytercluster_kernels{${LABELS},state="lost"} 1`,
      `jupytercluster_kernels{${LABELS},state="starting"} 0`,
      `jupytercluster_kernels_memory_bytes{${LABELS},slot="1"} 120`,
      `jupytercluster_kernels_memory_bytes{${LABELS},slot="2"} 0`,
    ]),
  );
});

it("count each end once, from what was seen first", async () => {
  const { tell, lines } = setUp();
  tell([kernel("a", ended(1))]);
  expect(await lines()).toContain(
    `jupytercluster_kernels_ended_total{${LABELS},reason="OutOfMemory"} 0`,
  );
  tell([kernel("a", ended(1)), kernel("b", ended(2))]);
  tell([kernel("a", ended(3)), kernel("b", ended(2))]);
  tell([kernel("a", ended(3)), kernel("b", ended(4, "NodeLost"))]);
  expect(await lines()).toEqual(
    expect.arrayContaining([
      `jupytercluster_kernels_ended_total{${LABELS},reason="OutOfMemory"} 2`,
      `jupytercluster_kernels_ended_total{${LABELS},reason="NodeLost"} 1`,
      `jupytercluster_kernels_ended_total{${LABELS},reason="Exited"} 0`,
    ]),
  );
});

it("tell nothing where nobody tells, and forget a cluster that is deleted", async () => {
  const { published, tell, lines } = setUp();
  tell(null);
  const ofLab = async () => (await lines()).filter((line) => line.includes(LABELS));
  expect(await ofLab()).toEqual([]);
  tell([kernel("a")]);
  expect(await ofLab()).not.toEqual([]);
  published.remove("default/lab");
  expect(await ofLab()).toEqual([]);
});
