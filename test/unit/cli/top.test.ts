import { afterEach, describe, expect, it } from "vitest";
import { type ApiServer, json, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";
import { clusterObject } from "./cluster-fixture.ts";
import type { NodeUsageStatus } from "../../../controller/model/node-usage.ts";
import type { KernelSummary } from "../../../controller/model/resource.ts";

let server: ApiServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

const BASE = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters";
const MIB = 2 ** 20;

const busy: NodeUsageStatus = {
  ...{ slot: 1, name: "lab-0", hostname: "host-1", cpus: 0.254, problem: null },
  usage: {
    ...{ cpuSeconds: 90, memoryBytes: 300 * MIB, memoryLimitBytes: 512 * MIB },
    disk: { usedBytes: 3 * MIB, sizeBytes: 10 * MIB },
  },
};
const silent: NodeUsageStatus = {
  ...{ slot: 0, name: null, hostname: null, cpus: null, usage: null },
  problem: "its agent is not in sight",
};

async function run(kernels: readonly KernelSummary[] | null, ...args: readonly string[]) {
  const object = clusterObject({ status: { kernels } });
  server = await startApiServer({
    [`GET ${BASE}`]: json({ kind: "JupyterClusterList", items: [object] }),
    [`GET ${BASE}/lab`]: json(object),
    [`GET ${BASE}/lab/usage`]: json({ kind: "NodeUsageList", items: [busy, silent] }),
  });
  return cli(["top", ...args], { JUPYTER_CLUSTER_API: server.url });
}

const kernel = (id: string, memoryBytes: number | null): KernelSummary => ({
  ...{ id, name: "python3", notebook: `${id}.ipynb`, node: "lab-0", slot: 1 },
  ...{ state: "idle", since: "2026-01-02T03:04:00Z", memoryBytes, lastExit: null },
});

describe("top", () => {
  it("tells what each node uses, and why one does not tell", async () => {
    const { code, stdout, stderr } = await run(null, "lab");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^NODE +SLOT +HOST +CPUS +MEMORY +OF +DISK +OF +PROBLEM$/),
      expect.stringMatching(/^lab-0 +1 +host-1 +0\.25 +300\.0MiB +512\.0MiB +3\.0MiB +10\.0MiB$/),
      expect.stringMatching(/^lab slot-0 +0 +<none> +- +- +- +- +- +its agent is not in sight$/),
    ]);
  });

  it("has the largest kernels below, and is of all clusters when none is named", async () => {
    const kernels = [kernel("small", 5 * MIB), kernel("unknown", null), kernel("large", 9 * MIB)];
    const { stdout } = await run(kernels);
    expect(stdout.match(/^\w+\.ipynb/gm)).toEqual(["large.ipynb", "small.ipynb", "unknown.ipynb"]);
    expect(stdout).toMatch(/^lab-0 /m);
  });

  it("is data as well", async () => {
    const { stdout } = await run([], "lab", "-o", "json");
    const items = [{ name: "lab", nodes: [busy, silent], kernels: [] }];
    expect(JSON.parse(stdout)).toEqual({ items });
  });
});
