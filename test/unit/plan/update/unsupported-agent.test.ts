import { expect, it } from "vitest";
import { RELEASE } from "../../../../controller/model/release.ts";
import { unsupportedAgent } from "../../../../controller/plan/update/unsupported-agent.ts";
import type { ClusterView } from "../../../../controller/plan/view/cluster-view.ts";

/** Of a type that the agents of 0.1.0 know nothing of, and left unmounted without a word. */
const storage = { shared: { type: "tape", mountPath: "/shared" } };
const view = { spec: { storage, kernels: { placement: "server" } } } as unknown as ClusterView;

it.each([
  ["0.1.0", [1]],
  ["0.0.9", [1]],
])(
  "an agent of %s, which knows API %j, is told when the spec needs more",
  (release, apiVersions) => {
    const agentVersion = { release, apiVersions };
    expect(unsupportedAgent({ agentVersion, unsupported: false }, view)).toBe(
      `agent of release ${release} does not know what the spec asks of it (storage.shared.type tape): ` +
        `give spec.image an image of release ${RELEASE}, or leave it out`,
    );
  },
);

it("is told that it knows nothing of kernels that belong to the cluster", () => {
  const spread = { spec: { storage, kernels: { placement: "spread" } } } as unknown as ClusterView;
  const agentVersion = { release: "0.1.0", apiVersions: [1] };
  expect(unsupportedAgent({ agentVersion, unsupported: false }, spread)).toContain(
    "(kernels.placement spread)",
  );
});

it.each([[[1, 2]], [[2, 3]]])("an agent that knows API %j can do it", (apiVersions) => {
  const agentVersion = { release: "9.0.0", apiVersions };
  expect(unsupportedAgent({ agentVersion, unsupported: false }, view)).toBeNull();
});

it("nothing is said of an agent that was not heard", () => {
  expect(unsupportedAgent({ agentVersion: null, unsupported: false }, view)).toBeNull();
});
