import { describe, expect, it } from "vitest";
import {
  adoptCommand,
  describeForeign,
  type Holding,
  isForeign,
  ownersOf,
} from "../../../controller/model/holdings.ts";
import { completeMemory } from "../../../controller/model/complete-memory.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { fakeMemory } from "../../support/planner/fixtures.ts";

const MEMORY = fakeMemory();
const FORMED: ClusterMemory = { ...MEMORY, bootstrap: { phase: "done", clusterId: "c1" } };

function owned(uid: string | null, kind: Holding["kind"] = "data", name = "demo"): Holding {
  const owner = { namespace: "default", name, uid, createdBy: "anna, /home/anna/state" };
  return kind === "data" ? { kind, slot: 0, name: "v", owner } : { kind, name: "v", owner };
}

describe("a volume or network", () => {
  it.each([
    ["of this cluster", owned(MEMORY.uid), MEMORY, false],
    ["of another uid", owned("other"), FORMED, true],
    [
      "of another uid that was taken over",
      owned("other"),
      { ...MEMORY, adopted: ["other"] },
      false,
    ],
    ["of a third, while another was taken over", owned("3"), { ...MEMORY, adopted: ["2"] }, true],
    ["of early 0.1.0, for a cluster that has run here", owned(null), FORMED, false],
    ["of early 0.1.0, for a new cluster", owned(null), MEMORY, true],
    ["of early 0.1.0 that was taken over", owned(null), { ...MEMORY, adopted: [null] }, false],
    ["that a person has made", { kind: "data", slot: 0, name: "v", owner: null }, MEMORY, false],
    ["with data of a cluster of another name", owned("other", "data", "b"), FORMED, true],
    ["shared with a cluster of another name", owned("other", "shared", "b"), MEMORY, false],
    ["shared files of another of this name", owned("other", "shared"), MEMORY, true],
    ["a network of a cluster of another name", owned("other", "network", "b"), MEMORY, false],
    ["a network of another of this name", owned("other", "network"), MEMORY, true],
  ] as const)("%s", (_, holding: Holding, memory, foreign) => {
    expect(isForeign(holding, memory)).toBe(foreign);
  });

  it("that is foreign is told with its owner and the way to it", () => {
    const ref = { namespace: "team", name: "demo" };
    expect(describeForeign([owned("u2"), owned("u2", "network")], ref)).toBe(
      "Volume v (and 1 more) belongs to another cluster default/demo, uid u2 of anna, " +
        "/home/anna/state: nothing is launched on it. Choose another metadata.name, or take over " +
        "what is there with `jupyter-cluster adopt demo -n team` (--dry-run shows what that would " +
        "be).",
    );
    expect(adoptCommand({ ...ref, namespace: "default" })).toBe("jupyter-cluster adopt demo");
    expect(ownersOf([owned("u2"), owned(null), owned("u2", "network")])).toEqual(["u2", null]);
  });
});

it("a memory of an earlier version has taken nothing over", () => {
  const { adopted: _, ...earlier } = FORMED;
  expect(completeMemory(earlier as ClusterMemory).adopted).toEqual([]);
});
