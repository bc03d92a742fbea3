import { describe, expect, it } from "vitest";
import { placeKernel } from "../../../../agent-image/agent/kernels/place-kernel.ts";
import { aMember, aRecord } from "./kernel-fixtures.ts";

const desired = { generation: 1, slots: [0, 1, 2].map((slot) => ({ slot, ip: `10.0.0.${slot}` })) };
const members = [aMember(0), aMember(1), aMember(2)];

describe("with spread", () => {
  it("a kernel goes to the node with the fewest, and not to the leader", () => {
    const kernels = [aRecord("a", 1), aRecord("b", 1), aRecord("c", 2)];
    expect(placeKernel("spread", { members, desired }, kernels, 0)?.slot).toBe(2);
  });

  it("what has ended is no load", () => {
    const kernels = [aRecord("a", 1, { state: "dead" }), aRecord("c", 2)];
    expect(placeKernel("spread", { members, desired }, kernels, 0)?.slot).toBe(1);
  });

  it("of two with as many, the one whose kernels take less memory has it", () => {
    const kernels = [aRecord("a", 1, { memoryBytes: 900 }), aRecord("c", 2, { memoryBytes: 5 })];
    expect(placeKernel("spread", { members, desired }, kernels, 0)?.slot).toBe(2);
  });

  it("the leader has it where nobody else is there", () => {
    expect(placeKernel("spread", { members: [aMember(0)], desired }, [], 0)?.slot).toBe(0);
  });

  it("a node whose agent runs none, or that is to go, gets none", () => {
    const old = { ...aMember(1), kernels: undefined };
    const fewer = { generation: 2, slots: desired.slots.slice(0, 2) };
    expect(
      placeKernel("spread", { members: [aMember(0), old, aMember(2)], desired: fewer }, [], 0)
        ?.slot,
    ).toBe(0);
    expect(placeKernel("spread", { members: [old], desired }, [], 0)).toBeNull();
  });
});

it("with leader a kernel goes to the node that leads", () => {
  expect(placeKernel("leader", { members, desired }, [aRecord("a", 2)], 2)?.slot).toBe(2);
});
