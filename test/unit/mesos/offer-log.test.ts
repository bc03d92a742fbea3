import { describe, expect, it } from "vitest";
import { OfferCache } from "../../../controller/mesos/offers/offer-cache.ts";
import { ReviveManager } from "../../../controller/mesos/offers/revive-manager.ts";
import type { Offer, Resource } from "../../../controller/mesos/wire.ts";
import type { OfferVerdict } from "../../../controller/model/offer.ts";
import { ProcessClock } from "../../simulation/engine/process-clock.ts";
import { Scheduler } from "../../simulation/engine/scheduler.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { silentLog } from "../../support/silent-log.ts";

const [host1] = capturedOffers("offers-two-agents") as [Offer];

function offerOf(id: string, change: Partial<Offer> = {}): Offer {
  return { ...host1, id: { value: id }, ...change };
}

function verdict(offerId: string, reason: OfferVerdict["reason"]): OfferVerdict {
  return { offerId, reason, slots: [0], message: reason };
}

function statesOf({ log }: OfferCache): Readonly<Record<string, string>> {
  return Object.fromEntries(log.records().map(({ id, state }) => [id, state]));
}

describe("the log of offers", () => {
  it("keeps the latest fifty", () => {
    const cache = new OfferCache("*");
    for (let i = 0; i < 60; i++) cache.add([offerOf(`o${i}`)], i);
    const ids = cache.log.records().map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([50, "o10", "o59"]);
  });

  it("says what became of each", () => {
    const cache = new OfferCache("*");
    cache.add(
      ["taken", "back", "kept"].map((id) => offerOf(id)),
      0,
    );
    cache.claim(["taken"], "launch");
    cache.rescind("back");
    expect(statesOf(cache)).toEqual({ taken: "Used", back: "Rescinded", kept: "Held" });
    cache.clear();
    expect(statesOf(cache)).toEqual({ taken: "Used", back: "Rescinded", kept: "Lost" });
  });

  it("says for how long one was declined", async () => {
    const scheduler = new Scheduler();
    const cache = new OfferCache("*");
    const manager = new ReviveManager(
      cache,
      async () => undefined,
      new ProcessClock(scheduler),
      silentLog,
      () => undefined,
    );
    manager.subscribed();
    manager.arrived([offerOf("o")]);
    await scheduler.run({ untilMs: scheduler.now() + 60_000, eventsMax: 100 });
    expect(cache.log.records()).toMatchObject([
      { id: "o", state: "Declined", declinedForSeconds: expect.any(Number) },
    ]);
  });

  it("has each cluster's latest decision, and of a launch that it was one", () => {
    const cache = new OfferCache("*");
    cache.add([offerOf("o")], 0);
    cache.log.judged("default/lab", [verdict("o", "TooSmall"), verdict("gone", "Used")]);
    cache.log.judged("default/lab", [verdict("o", "Used")]);
    cache.log.judged("default/lab", [verdict("o", "OtherPreferred")]);
    cache.log.judged("default/other", [verdict("o", "Constraint")]);
    const [record] = cache.log.records();
    expect(record?.decisions.map(({ cluster, reason }) => [cluster, reason])).toEqual([
      ["default/lab", "Used"],
      ["default/other", "Constraint"],
    ]);
  });

  it("shows all that was offered, and why a node can have none of it", () => {
    const cpus = { name: "cpus", type: "SCALAR", scalar: { value: 2 } } as const;
    const resources: Resource[] = [
      { ...cpus, role: "*" },
      { ...cpus, reservations: [{ type: "STATIC", role: "lab" }] },
      { ...cpus, role: "lab" },
      { ...cpus, role: "other" },
      { ...cpus, reservations: [{ role: "lab" }, { role: "lab/below" }] },
      { ...cpus, revocable: {} },
      { ...cpus, name: "disk", disk: { source: {} } },
      { name: "ports", type: "RANGES", ranges: { range: [{ begin: 1, end: 9 }] } },
      { name: "gpus", type: "SET", set: { item: ["a", "b"] } },
    ];
    const cache = new OfferCache("lab");
    const ns = (ms: number) => ({ nanoseconds: ms * 1e6 });
    const unavailability = { start: ns(1000), duration: ns(500) };
    cache.add([offerOf("o", { resources, unavailability })], 0);
    const [record] = cache.log.records();
    const told = record?.resources.map((r) => [r.name, r.amount, r.role, r.unusable ?? "yes"]);
    expect(told).toEqual([
      ["cpus", "2", "*", "yes"],
      ["cpus", "2", "lab", "yes"],
      ["cpus", "2", "lab", "yes"],
      ["cpus", "2", "other", "reserved for other"],
      ["cpus", "2", "lab/below", "reserved for lab/below"],
      ["cpus", "2", "*", "revocable"],
      ["disk", "2", "*", "a volume or a whole disk"],
      ["ports", "[1-9]", "*", "nodes have addresses of their own"],
      ["gpus", "{a,b}", "*", "not an amount"],
    ]);
    expect(record).toMatchObject({
      cpus: 6,
      diskMiB: 0,
      attributes: { rack: "r1" },
      receivedAt: "1970-01-01T00:00:00.000Z",
      unavailability: { from: "1970-01-01T00:00:01.000Z", until: "1970-01-01T00:00:01.500Z" },
    });
  });
});
