/** Nodes move to hosts that came later, when a person asks for it. */
import { describe, expect, it } from "vitest";
import type { RebalanceAction } from "../../../../controller/model/rebalance.ts";
import { applyRebalance } from "../../../../controller/plan/apply-rebalance.ts";
import { OFFERS_MS_MAX, READY_MS_MAX } from "../../../../controller/plan/update/rebalance.ts";
import { ANNA } from "../../../support/planner/fixtures.ts";
import { condition } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

function ask(site: Site, action: RebalanceAction): void {
  site.memory = applyRebalance(site.memory, action, ANNA, site.now);
}

/** Until it has ended; reconciles each 200 ms. */
function toTheEnd(site: Site): { readonly state: string; readonly message: string } {
  for (let i = 0; i < 1_000; i++) {
    const { rebalance } = site.pass(1).status;
    if (rebalance != null && rebalance.endedAt !== null) return rebalance;
  }
  throw new Error(`not ended: ${JSON.stringify(site.memory.rebalance)}`);
}

const told = (site: Site) =>
  site.memory.events.map(({ reason, message }) => `${reason}: ${message}`);

describe("a rebalance", () => {
  it("moves followers one by one onto hosts that came later, and is not done again", () => {
    const site = new Site([1]);
    const begun = site.done.length;
    site.hosts.add(2).add(3);
    ask(site, "start");
    const { state, message } = toTheEnd(site);
    expect([state, site.hostnames]).toEqual(["Succeeded", ["host-3", "host-1", "host-2"]]);
    expect(message).toBe(
      "2 nodes were moved (slot 2 from host-1 to host-2, slot 0 from host-1 to host-3); " +
        "no other move would spread the nodes better.",
    );
    expect(site.left(begun)).toEqual(["KillTask 2", "KillTask 0"]);
    expect(site.leastRunning).toBe(2);
    expect(site.world.violations).toEqual([]);
    expect(condition(site.untilReady(), "Progressing")).toBe("False");
    site.pass(50);
    expect(site.left(begun)).toHaveLength(2);
    expect(told(site)).toContain(
      "NodeStopping: the container of slot 2 is stopped: it moves from host-1 to host-2, to spread the nodes",
    );
  });

  it("moves the leader's node last, after its leadership", () => {
    const racks = {
      constraints: [{ field: "rack", operator: "CLUSTER", value: "new" }],
      spread: null,
    } as const;
    const site = new Site([1, 2, 3]);
    const begun = site.done.length;
    const rack = [{ name: "rack", type: "TEXT", text: { value: "new" } }] as const;
    for (const n of [4, 5, 6]) {
      site.hosts.add(n);
      site.offers.set(n, { attributes: rack });
    }
    const { cluster } = site.memory;
    site.memory = {
      ...site.memory,
      cluster: { ...cluster, spec: { ...cluster.spec, placement: racks } },
    };
    ask(site, "start");
    expect(toTheEnd(site).state).toBe("Succeeded");
    expect(site.left(begun)).toEqual(["KillTask 2", "KillTask 0", "MoveLeader 1", "KillTask 1"]);
    expect(site.hostnames.toSorted()).toEqual(["host-4", "host-5", "host-6"]);
    expect(site.leastRunning).toBe(2);
    expect(site.world.violations).toEqual([]);
  });

  it("says that it is under way", () => {
    const site = new Site([1]);
    site.hosts.add(2);
    ask(site, "start");
    const { status } = site.pass(1);
    expect(status.rebalance).toMatchObject({
      state: "Processing",
      message: "slot 2 from host-1 to host-2 is on its way",
    });
    const progressing = status.conditions.find((c) => c.type === "Progressing");
    expect(progressing?.status).toBe("True");
  });

  it("ends at once where each node has a host of its own", () => {
    const site = new Site([1, 2, 3]);
    site.hosts.add(4);
    ask(site, "start");
    expect(site.pass(1).status.rebalance).toMatchObject({
      state: "Succeeded",
      message: "no node was moved; no other move would spread the nodes better.",
    });
  });

  it("waits for offers for a while, and says what was missing", () => {
    const site = new Site([1]);
    ask(site, "start");
    expect(site.pass(1)).toMatchObject({ wantsOffers: true });
    site.now += OFFERS_MS_MAX - 1_000;
    expect(site.pass(1).status.rebalance).toMatchObject({
      state: "Processing",
      message: "it waits for offers of other hosts",
    });
    site.hosts.add(2);
    site.offers.set(2, { cpus: 0.1 });
    site.now += 1_000;
    expect(site.pass(1)).toMatchObject({
      wantsOffers: false,
      status: {
        rebalance: {
          state: "Incomplete",
          message: "no node was moved; a better place is missing: host-2 offers 0.1 of 0.25 cpus.",
        },
      },
    });
  });

  it("says so when no other host has offered anything", () => {
    const site = new Site([1]);
    ask(site, "start");
    site.pass(1);
    site.now += OFFERS_MS_MAX;
    expect(site.pass(1).status.rebalance?.message).toBe(
      "no node was moved; a better place is missing: no other host has offered anything.",
    );
  });

  it("moves nothing while a node is not ready, and gives up in the end", () => {
    const site = new Site([1]);
    const begun = site.done.length;
    site.hosts.add(2);
    site.world.units.set(2, { sshd: { ready: false } });
    ask(site, "start");
    expect(site.pass(20).status.rebalance?.message).toBe("slot 2 is not ready: sshd not ready");
    site.now += READY_MS_MAX;
    expect(site.pass(1).status.rebalance).toMatchObject({
      state: "Incomplete",
      message: "no node was moved; it waited too long: slot 2 is not ready: sshd not ready.",
    });
    expect(site.left(begun)).toEqual([]);
  });

  it.each<readonly [string, (site: Site) => void, string]>([
    [
      "that is suspended",
      (site) => {
        const { cluster } = site.memory;
        site.memory = {
          ...site.memory,
          cluster: { ...cluster, spec: { ...cluster.spec, suspend: true } },
        };
      },
      "no node was moved; the cluster is stopped.",
    ],
    [
      "that can spare no node",
      (site) => {
        const { cluster } = site.memory;
        site.memory = {
          ...site.memory,
          cluster: { ...cluster, spec: { ...cluster.spec, replicas: 2 } },
        };
      },
      "no node was moved; of fewer than 3 nodes none can be spared.",
    ],
  ])("of a cluster %s ends at once", (_, happen, message) => {
    const site = new Site([1]);
    happen(site);
    ask(site, "start");
    expect(site.pass(1).status.rebalance).toMatchObject({ state: "Incomplete", message });
  });

  it("is cancelled, after which a node on its way is started where its data is", () => {
    const site = new Site([1]);
    site.hosts.add(2);
    ask(site, "start");
    site.pass(1);
    ask(site, "cancel");
    const { message } = toTheEnd(site);
    expect(message).toBe(
      "no node was moved; it was cancelled. Slot 2 is started again wherever it can be.",
    );
    site.untilReady();
    expect(site.hostnames).toEqual(["host-1", "host-1", "host-1"]);
  });

  it("gives up a node that comes back to its old host again", () => {
    const site = new Site([1]);
    const begun = site.done.length;
    ask(site, "start");
    for (let i = 0; i < 400 && site.memory.rebalance?.end == null; i++) {
      // Offered for as long as no node is in need of it.
      if (site.world.runningSlots().length === 3) site.hosts.add(2);
      else site.hosts.delete(2);
      site.pass(1);
    }
    site.now += OFFERS_MS_MAX;
    expect(toTheEnd(site)).toMatchObject({ state: "Incomplete" });
    expect(site.left(begun).filter((what) => what.startsWith("KillTask"))).toHaveLength(2);
  });

  it("asked for twice is one", () => {
    const site = new Site([1]);
    ask(site, "start");
    const { memory } = site;
    ask(site, "start");
    expect(site.memory).toBe(memory);
    ask(site, "preview");
    expect(site.memory).toBe(memory);
  });
});

describe("a preview of it", () => {
  it("says which nodes would be moved, and moves none", () => {
    const site = new Site([1]);
    const begun = site.done.length;
    site.hosts.add(2).add(3);
    ask(site, "preview");
    expect(toTheEnd(site)).toMatchObject({
      state: "Succeeded",
      preview: true,
      moves: [
        { slot: 2, from: "host-1", to: "host-2" },
        { slot: 0, from: "host-1", to: "host-3" },
      ],
    });
    expect(site.left(begun)).toEqual([]);
    expect(told(site).filter((text) => text.startsWith("Rebalance"))).toEqual([]);
  });

  it("makes room for the rebalance itself", () => {
    const site = new Site([1]);
    ask(site, "preview");
    ask(site, "start");
    expect(site.memory.rebalance?.preview).toBe(false);
  });
});
