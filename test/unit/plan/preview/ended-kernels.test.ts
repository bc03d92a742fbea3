/** Which kernels a change of the spec would end, told before anybody makes it. */
import { expect, it } from "vitest";
import { endedKernelsText } from "../../../../controller/cli/render/ended-kernels.ts";
import type { KernelSummary } from "../../../../controller/model/resource.ts";
import { previewCluster } from "../../../../controller/plan/preview/preview.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";

const kernel = (slot: number, state: KernelSummary["state"] = "idle"): KernelSummary => ({
  ...{
    id: `kernel-${slot}`,
    name: "python3",
    notebook: `${slot}.ipynb`,
    node: `lab-${slot}`,
    slot,
  },
  ...{ state, since: null, memoryBytes: null, lastExit: null },
});

const KERNELS = [kernel(0), kernel(1, "busy"), kernel(2), kernel(2, "lost"), kernel(1, "dead")];

const ended = (change: Partial<ClusterSpec>, kernels: KernelSummary[] | null = KERNELS) =>
  previewCluster(fakeCluster(), fakeCluster(change), kernels).kernels.map(
    ({ notebook }) => notebook,
  );

const { network, proxy } = fakeCluster().spec;

it.each<[string, Partial<ClusterSpec>, readonly string[]]>([
  ["a new image: those of all nodes", { image: "other" }, ["0.ipynb", "1.ipynb", "2.ipynb"]],
  ["a new image that waits to be asked for: none", { image: "x", updateStrategy: "OnDelete" }, []],
  ["one node less: that node's", { replicas: 2 }, ["2.ipynb"]],
  ["more nodes: none", { replicas: 5 }, []],
  ["a suspended cluster: all", { suspend: true }, ["0.ipynb", "1.ipynb", "2.ipynb"]],
  ["another port of the proxy: none", { proxy: { ...proxy, port: 9 } }, []],
  ["nothing at all: none", {}, []],
  ["what is refused: none", { image: "x", network: { ...network, name: "other" } }, []],
])("%s", (_, change, notebooks) => {
  expect(ended(change)).toEqual(notebooks);
});

it.each<[string, Partial<ClusterSpec["kernels"]>, RegExp]>([
  ["while kernels belong to nodes", {}, /before it goes, and one with busy kernels stays 60 s/],
  ["while they are JupyterLab's", { placement: "server" }, /before it goes$/],
  ["with no time for them", { busyWaitSeconds: 0 }, /before it goes$/],
])("that a slot that is scaled in stays for its kernels is said %s", (_, change, text) => {
  const kernels = {
    ...fakeCluster().spec.kernels,
    ...{ placement: "spread", busyWaitSeconds: 60 },
    ...change,
  };
  const before = fakeCluster({ kernels } as Partial<ClusterSpec>);
  const after = fakeCluster({ kernels, replicas: 2 } as Partial<ClusterSpec>);
  expect(previewCluster(before, after, []).changes).toMatchObject([
    { field: "spec.replicas", effect: expect.stringMatching(text) },
  ]);
});

it("of which nobody tells, nothing is said", () => {
  expect(ended({ image: "other" }, null)).toEqual([]);
  expect(endedKernelsText([])).toBeNull();
});

it("names ten of them", () => {
  const many = Array.from({ length: 12 }, (_, slot) => kernel(slot, "busy"));
  expect(endedKernelsText(many)).toMatch(
    /^ends 12 kernels: 0\.ipynb on lab-0 \(busy\), .* and 2 more$/,
  );
});
