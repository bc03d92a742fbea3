/** metrics.k8s.io, as `kubectl top pod` asks for it. */
import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../../../controller/api/server.ts";
import type { NodeUsageStatus } from "../../../../controller/model/node-usage.ts";
import { ask, json, NO_OPERATIONS, startApi } from "../harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

const PODS = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods";

function used(slot: number, cpus: number | null): NodeUsageStatus {
  const usage = { cpuSeconds: 9, memoryBytes: 3_000_000, memoryLimitBytes: null, disk: null };
  return { slot, name: `lab-${slot}`, hostname: "host", cpus, usage, problem: null };
}

async function started() {
  const asked: string[] = [];
  const { api, publish } = await startApi({
    operations: {
      ...NO_OPERATIONS,
      usage: ({ metadata }) => {
        asked.push(metadata.name);
        return Promise.resolve([used(0, 0.25), used(1, null), used(2, 1.5)]);
      },
    },
  });
  open.push(api);
  publish();
  publish({ name: "other", namespace: "physics" });
  const names = async (path: string) => {
    const { items } = json(await ask(api.url, path)) as {
      items: { metadata: { name: string } }[];
    };
    return items.map(({ metadata }) => metadata.name);
  };
  return { api, asked, names };
}

describe("the metrics of pods", () => {
  test("tell what each node uses that tells it", async () => {
    const { api, asked, names } = await started();
    expect(await names(PODS)).toEqual(["lab-0", "lab-2"]);
    expect(asked).toEqual(["lab"]);
    expect(json(await ask(api.url, `${PODS}/lab-0`))).toMatchObject({
      kind: "PodMetrics",
      apiVersion: "metrics.k8s.io/v1beta1",
      metadata: { name: "lab-0", namespace: "default" },
      window: "1s",
      containers: [{ name: "node", usage: { cpu: "250000000n", memory: "2930Ki" } }],
    });
  });

  test("are of all namespaces, or of those whose labels are asked for", async () => {
    const { asked, names } = await started();
    const all = PODS.replace("/namespaces/default", "");
    expect(await names(all)).toEqual(["lab-0", "lab-2", "other-0", "other-2"]);
    const leads = encodeURIComponent("jupytercluster.dev/role=leader");
    expect(await names(`${PODS}?labelSelector=${leads}`)).toEqual(["lab-0"]);
    expect(await names(`${PODS}?labelSelector=none`)).toEqual([]);
    // Where nothing is selected nobody is asked.
    expect(asked).toEqual(["lab", "other", "lab"]);
  });

  test("of a pod that there is not, or that does not tell, are not found", async () => {
    const { api } = await started();
    for (const name of ["lab-9", "lab-1"]) {
      expect((await ask(api.url, `${PODS}/${name}`)).status).toBe(404);
    }
  });
});
