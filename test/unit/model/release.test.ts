import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { agentApiNeededBy } from "../../../controller/model/agent-api.ts";
import {
  AGENT_API_VERSIONS,
  agentVersionOf,
  commonApiVersion,
  RELEASE,
  unsupportedText,
} from "../../../controller/model/release.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";

test("the release is the one of package.json and of its lock file", () => {
  const json = (file: string) =>
    JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8")) as {
      version: string;
    };
  expect(json("package.json").version).toBe(RELEASE);
  expect(json("package-lock.json").version).toBe(RELEASE);
});

describe("what an agent says of itself", () => {
  it.each<[string, object, string, readonly number[]]>([
    ["nothing, as up to 0.1.0", { slot: 1 }, "0.1.0 or before", [1]],
    ["both", { release: "0.3.0", apiVersions: [3, 2] }, "0.3.0", [2, 3]],
    ["a text that is no release", { release: "a\nb" }, "0.1.0 or before", [1]],
    ["versions that are none", { release: "9", apiVersions: [0, "2"] }, "9", [1]],
    ["no version at all", { release: "9", apiVersions: [] }, "9", [1]],
  ])("%s", (_, status, release, apiVersions) => {
    expect(agentVersionOf(status)).toEqual({ release, apiVersions });
  });

  it("is spoken to in the highest version that both know", () => {
    const [lowest = 0, highest = 0] = [AGENT_API_VERSIONS[0], AGENT_API_VERSIONS.at(-1)];
    expect(commonApiVersion([lowest])).toBe(lowest);
    expect(commonApiVersion([lowest, highest, highest + 1])).toBe(highest);
    expect(commonApiVersion([highest + 1, highest + 2])).toBeNull();
  });

  it("tells a person which side to change when there is none", () => {
    const newer = { release: "9.0.0", apiVersions: [8, 9] };
    expect(unsupportedText(newer)).toBe(
      `agent of release 9.0.0 speaks API 8, 9, this controller (${RELEASE}) ` +
        `${AGENT_API_VERSIONS.join(", ")}: run a controller of that release, or one between`,
    );
    expect(unsupportedText({ release: "0.0.1", apiVersions: [0] })).toContain("spec.image");
  });
});

const KERNELS = { placement: "server", memoryMiB: null, processes: 1024 };

it.each([
  ["volume", 1],
  ["hostPath", 1],
  ["glusterfs", 2],
])("storage of type %s needs version %i of the agents' API", (type, version) => {
  const spec = { storage: { shared: { type, mountPath: "/shared" } }, kernels: KERNELS };
  expect(agentApiNeededBy(spec as unknown as ClusterSpec)).toBe(version);
});

it("kernels that belong to the cluster need version 2 of the agents' API", () => {
  const storage = { shared: { type: "volume", mountPath: "/shared" } };
  const spec = { storage, kernels: { ...KERNELS, placement: "spread" } };
  expect(agentApiNeededBy(spec as unknown as ClusterSpec)).toBe(2);
});
