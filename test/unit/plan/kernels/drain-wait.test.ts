/** A host that goes down is left by a node with busy kernels when they have done what they were at, or in time. */
import { describe, expect, it } from "vitest";
import type { Unavailability } from "../../../../controller/model/offer.ts";
import { MOVE_MS } from "../../../../controller/plan/update/leave-draining.ts";
import { T0 } from "../../../support/planner/fixtures.ts";
import { BOUND_MS, busyOn, pass, SPREAD } from "../../../support/planner/kernels.ts";
import { changeSpec, followersOf, type PlannerRun } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const killed = ({ memory }: PlannerRun) =>
  memory.slots.flatMap(({ slot, task }) => (task?.killRequestedAt == null ? [] : [slot]));

describe("a host that goes down", () => {
  const newSite = () => new Site([1, 2, 3, 4], { kernels: SPREAD });

  it("is left when its node's kernels have done what they were at", () => {
    const site = newSite();
    const [slot = -1] = followersOf(site);
    const kernels = busyOn(site, [slot]);
    site.goesDown([site.agentOf(slot)]);
    pass(site, BOUND_MS / 2, kernels);
    expect(site.left(0)).not.toContain(`KillTask ${slot}`);
    pass(
      site,
      200,
      kernels.map((k) => ({ ...k, state: "idle" as const })),
    );
    expect(site.left(0)).toContain(`KillTask ${slot}`);
  });

  it("is left while there is time, busy or not", () => {
    const site = newSite();
    changeSpec(site, { kernels: { ...SPREAD, busyWaitSeconds: 86_400 } });
    const [slot = -1] = followersOf(site);
    const kernels = busyOn(site, [slot]);
    const leaveAt = site.now + 60_000;
    site.goesDown([site.agentOf(slot)], { from: leaveAt + MOVE_MS, until: null });
    pass(site, 59_000, kernels);
    expect(killed(site)).toEqual([]);
    pass(site, 2_000, kernels);
    expect(site.left(0)).toContain(`KillTask ${slot}`);
  });
});

describe("a host of whose maintenance nothing but its offers tells", () => {
  /** A follower's, with a busy kernel. */
  function newSite(unavailability: Unavailability) {
    const site = new Site([1, 2, 3, 4], { kernels: SPREAD });
    const [slot = -1] = followersOf(site);
    const host = Number(site.agentOf(slot).split("-").at(-1));
    site.offers.set(host, { unavailability });
    const wait = () => site.memory.slots[slot]?.task?.kernelWait ?? null;
    return { site, slot, host, kernels: busyOn(site, [slot]), wait };
  }

  const inHalfAnHour = { from: T0 + 1_800_000, until: null };

  it("is left when the wait is over, though no offer of it was there meanwhile", () => {
    const { site, slot, host, kernels } = newSite(inHalfAnHour);
    pass(site, 1_000, kernels);
    site.hosts.delete(host);
    pass(site, BOUND_MS, kernels);
    expect(killed(site)).toEqual([]);
    site.hosts.add(host);
    pass(site, 1_000, kernels);
    expect(site.left(0)).toContain(`KillTask ${slot}`);
  });

  it("stays when an offer says that there is none any more", () => {
    const { site, host, kernels, wait } = newSite(inHalfAnHour);
    pass(site, 1_000, kernels);
    expect(wait()).not.toBeNull();
    site.offers.delete(host);
    pass(site, 1_000, kernels);
    expect(wait()).toBeNull();
  });

  it("has no wait left behind when its time has come, and nothing was told since", () => {
    const { site, host, kernels, wait } = newSite(inHalfAnHour);
    pass(site, 1_000, kernels);
    site.hosts.delete(host);
    site.now = inHalfAnHour.from;
    pass(site, 1_000, kernels);
    expect(wait()).toBeNull();
    expect(killed(site)).toEqual([]);
  });
});
