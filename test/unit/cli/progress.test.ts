import { describe, expect, it } from "vitest";
import { clusterObject, conditions, node } from "./cluster-fixture.ts";
import {
  foldProgress,
  isReady,
  NOTHING_ANNOUNCED,
  stepsOf,
} from "../../../controller/cli/render/progress.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";

/** Everything that is told of a sequence of published objects. */
function toldOf(...objects: readonly JupyterClusterObject[]): string[] {
  let told = NOTHING_ANNOUNCED;
  return objects.flatMap((object) => {
    const step = foldProgress(told, object);
    told = step.told;
    return step.lines;
  });
}

const pending = clusterObject({
  status: {
    phase: "Pending",
    readyReplicas: 0,
    leader: null,
    nodes: [],
    conditions: conditions({
      SpecValid: ["True", "Valid", ""],
      FrameworkRegistered: ["Unknown", "NotAsked", "waiting for the Mesos master"],
      Quorate: ["Unknown", "NoMembers", "no etcd member yet"],
      AllMembersReady: ["Unknown", "NoMembers", ""],
      AllMembersUpdated: ["Unknown", "NoMembers", ""],
      StorageReady: ["Unknown", "NoNodes", ""],
      SSHReady: ["Unknown", "NoNodes", ""],
      JupyterReady: ["Unknown", "NoLeader", ""],
      ProxyReady: ["Unknown", "NotAsked", ""],
      Ready: ["False", "Creating", "0 of 3 nodes are ready"],
    }),
  },
});

describe("foldProgress", () => {
  it("tells nothing of conditions that were never known", () => {
    const lines = toldOf(pending);
    expect(lines.filter((line) => line.includes("Unknown"))).toEqual([]);
    expect(lines.at(-1)).toBe("registering with Mesos: waiting for the Mesos master");
  });

  it("tells each change once, however often the same object is published", () => {
    expect(toldOf(pending, pending, pending)).toEqual(toldOf(pending));
  });

  it("tells the step that is being done, and not again when only a number counts on", () => {
    const counting = (message: string) =>
      clusterObject({
        status: { conditions: conditions({ Ready: ["False", "Creating", message] }) },
      });
    const lines = toldOf(
      counting("1 of 3 nodes"),
      counting("2 of 3 nodes"),
      counting("slot 1 fails"),
    );
    expect(lines.filter((line) => line.startsWith("waiting"))).toEqual([
      "waiting for every node: 1 of 3 nodes",
      "waiting for every node: slot 1 fails",
    ]);
  });

  it("counts the containers that run", () => {
    const launching = (phases: readonly ("Launching" | "Starting")[]) =>
      clusterObject({
        status: {
          leader: null,
          nodes: phases.map((phase, slot) => node("lab", slot, { phase, leader: false })),
        },
      });
    const lines = toldOf(
      launching(["Launching", "Launching", "Launching"]),
      launching(["Starting", "Launching", "Launching"]),
      launching(["Starting", "Starting", "Starting"]),
    );
    expect(lines.filter((line) => line.startsWith("containers"))).toEqual([
      "containers 0/3 running",
      "containers 1/3 running",
      "containers 3/3 running",
    ]);
  });

  it("tells a new leader, and that a condition is lost and comes back", () => {
    const failedOver = clusterObject({
      status: {
        nodes: [
          node("lab", 0, { name: "lab-1", leader: false }),
          node("lab", 1, { name: "lab-0", leader: true }),
          node("lab", 2),
        ],
        conditions: conditions({ StorageReady: ["False", "NotOnEveryNode", "slot 0"] }),
      },
    });
    const lines = toldOf(clusterObject(), failedOver, clusterObject());
    expect(lines).toContain("leader is lab-0 (slot 1)");
    expect(lines).toContain("StorageReady is False (NotOnEveryNode): slot 0");
    expect(lines.at(-1)).toBe("StorageReady is True (AsExpected)");
  });
});

describe("stepsOf", () => {
  it("marks the first step that is missing as the one waited for", () => {
    const states = stepsOf(pending).map((step) => `${step.state} ${step.label}`);
    expect(states.slice(0, 4)).toEqual([
      "done spec",
      "active Mesos framework",
      "waiting offers and network",
      "waiting containers 0/3",
    ]);
  });

  it("has every step done when the cluster is Ready", () => {
    expect(new Set(stepsOf(clusterObject()).map((step) => step.state))).toEqual(new Set(["done"]));
  });

  it("shows why the node does not start", () => {
    const stuck = clusterObject({
      status: {
        nodes: [0, 1, 2].map((slot) =>
          node("lab", slot, { phase: "Pending", taskId: null, message: "no offer has 2 cpus" }),
        ),
      },
    });
    const step = stepsOf(stuck).find((s) => s.label === "offers and network");
    expect(step).toEqual({
      label: "offers and network",
      doing: "waiting for offers of Mesos",
      state: "active",
      detail: "no offer has 2 cpus",
    });
  });
});

describe("isReady", () => {
  it("is not fooled by a Ready that speaks of an older generation", () => {
    const edited = clusterObject({ generation: 2, status: { observedGeneration: 1 } });
    expect(isReady(edited)).toBe(false);
    expect(isReady(clusterObject())).toBe(true);
  });
});
