/** One etcd member a host, where the offers allow it, without being asked for. */
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../../../controller/plan/view/node-view.ts";
import { crowdedHost } from "../../../../controller/plan/launch/crowded-host.ts";
import type { ObservedMesos } from "../../../../controller/model/observed.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeCluster, fakeMemory, fakeOffer } from "../../../support/planner/fixtures.ts";
import { PlannerRun } from "../../../support/planner/run.ts";

const offersOn = (hosts: string) =>
  hosts.split("").map((host) => {
    return fakeOffer({ id: `o-${host}`, agentId: `a-${host}`, hostname: host });
  });

describe("nodes without any constraint", () => {
  it.each([
    ["a", { a: 3 }],
    ["ab", { a: 2, b: 1 }],
    ["abc", { a: 1, b: 1, c: 1 }],
    ["abcde", { a: 1, b: 1, c: 1 }],
  ])("are spread over the hosts %s", (hosts, expected) => {
    const offers = offersOn(hosts);
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10", () => offers));
    run.untilReady();
    const counts: Record<string, number> = {};
    for (const { task } of run.memory.slots) {
      const host = task?.hostname ?? "none";
      counts[host] = (counts[host] ?? 0) + 1;
    }
    expect(counts).toEqual(expected);
  });
});

describe("a crowded host", () => {
  it.each<readonly [string, string, string, number, string | null, number | null]>([
    ["has most nodes, of several hosts", "aab", "", 3, "a", null],
    ["has most nodes, and another one offers", "aaa", "b", 3, "a", null],
    ["is none when it is the only one in sight", "aaa", "a", 3, null, null],
    ["is none when every node has its own", "abc", "d", 3, null, null],
    ["is none when it has no more than half", "aabb", "", 4, null, null],
    ["has three of five", "aaabc", "", 5, "a", null],
    ["is none of two nodes: every end takes their quorum", "aa", "b", 2, null, null],
    ["is not that of one voter and the spare", "aabc", "", 3, null, 1],
    ["is that of two voters, wherever the spare is", "aabc", "", 3, "a", 3],
    ["is counted as the spec wants it: others are still to come", "a", "b", 3, null, null],
  ])("%s", (_, hosts, offering, replicas, expected, spare) => {
    const { spec } = fakeCluster({ replicas });
    const mesos = { offers: offersOn(offering) } as unknown as ObservedMesos;
    const placed = hosts.split("").map((hostname, slot) => ({ slot, hostname }));
    const nodes = placed.map(({ slot }) => ({ slot, spare: slot === spare }) as NodeView);
    expect(crowdedHost(placed, { spec, mesos, nodes })?.hostname ?? null).toBe(expected);
  });
});
