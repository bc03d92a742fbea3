/** What is stored is what the release before knows, unless more is used. */
import { expect, it } from "vitest";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { completeMemory, leanMemory } from "../../../controller/model/complete-memory.ts";
import { readyRun } from "../../support/planner/run.ts";
import { fakeMemory } from "../../support/planner/fixtures.ts";

const memory = completeMemory(fakeMemory());
const withSpec = (change: Partial<ClusterSpec>) => {
  const { cluster } = memory;
  return { ...memory, cluster: { ...cluster, spec: { ...cluster.spec, ...change } } };
};

it("leaves out of the spec what came since and nobody uses", () => {
  const { spec } = leanMemory(memory).cluster;
  expect(Object.keys(spec)).toEqual(
    Object.keys(memory.cluster.spec).filter((k) => k !== "kernels"),
  );
  expect(spec.jupyter).not.toHaveProperty("idle");
  expect(spec.etcd).not.toHaveProperty("standby");
});

it.each<[string, Partial<ClusterSpec>]>([
  ["nothing of it", {}],
  ["a spare", { etcd: { ...memory.cluster.spec.etcd, standby: "learner" } }],
  ["kernels of the cluster", { kernels: { ...memory.cluster.spec.kernels, placement: "spread" } }],
  [
    "an end of what is idle",
    {
      jupyter: {
        ...memory.cluster.spec.jupyter,
        idle: { kernelsAfterSeconds: 60, terminalsAfterSeconds: 0 },
      },
    },
  ],
])("comes back whole where the spec uses %s", (_, change) => {
  const used = withSpec(change);
  expect(completeMemory(leanMemory(used))).toEqual(used);
});

it("gives a spec of before busy kernels a bound, and a container of before no wait", () => {
  const { busyWaitSeconds, ...before } = memory.cluster.spec.kernels;
  const old = withSpec({ kernels: before as ClusterSpec["kernels"] });
  expect(completeMemory(old).cluster.spec.kernels).toEqual({ ...before, busyWaitSeconds });
  const { slots } = readyRun().memory;
  const [{ task, ...slot } = slots[0]!] = slots;
  const { kernelWait, ...launched } = task!;
  expect(kernelWait).toBeNull();
  const stored = { ...memory, slots: [{ ...slot, task: launched as typeof task }] };
  expect(completeMemory(stored).slots[0]?.task).toEqual(task);
});
