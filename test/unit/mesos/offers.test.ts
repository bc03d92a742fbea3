import { describe, expect, it } from "vitest";
import { OfferCache } from "../../../controller/mesos/offers/offer-cache.ts";
import { drawFrom, usable } from "../../../controller/mesos/offers/usable-resources.ts";
import type { Offer, Resource } from "../../../controller/mesos/wire.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";

const [host1, host2] = capturedOffers("offers-two-agents") as [Offer, Offer];

function scalar(name: string, value: number, more: Partial<Resource> = {}): Resource {
  return { name, type: "SCALAR", scalar: { value }, role: "*", ...more };
}

function offerOf(resources: Resource[]): Offer {
  return { ...host1, resources };
}

describe("the offer cache", () => {
  it("shows what a real master offers, of several agents in one event", () => {
    const cache = new OfferCache("*");
    expect(cache.add([host1, host2], 0)).toEqual([]);
    expect(cache.offers()).toMatchObject([
      { hostname: "host1", cpus: 4, memoryMiB: 2048, diskMiB: 1000, raw: host1 },
      { hostname: "host2", cpus: 4, memoryMiB: 2048, diskMiB: 1000 },
    ]);
    expect(cache.offers()[0]?.attributes).toEqual([
      { name: "rack", type: "TEXT", text: { value: "r1" } },
    ]);
  });

  it("takes an offer out once", () => {
    const cache = new OfferCache("*");
    cache.add([host1], 0);
    expect(cache.claim([host1.id.value], "launch")).toHaveLength(1);
    expect(() => cache.claim([host1.id.value], "launch")).toThrow(
      expect.objectContaining({ code: "ERR_OFFER_GONE" }),
    );
  });

  it("takes all offers of a launch or none, and never of two agents", () => {
    const cache = new OfferCache("*");
    cache.add([host1, host2], 0);
    expect(() => cache.claim([host1.id.value, "gone"], "launch")).toThrow(/no longer outstanding/);
    expect(() => cache.claim([host1.id.value, host2.id.value], "launch")).toThrow(/2 agents/);
    expect(cache.size).toBe(2);
  });

  it("lets go of what is rescinded, and does not mind an offer that it never had", () => {
    const cache = new OfferCache("*");
    cache.add([host1, host2], 0);
    expect(cache.rescind(host1.id.value)).toBe(true);
    expect(cache.rescind(host1.id.value)).toBe(false);
    expect(cache.offers().map((offer) => offer.id)).toEqual([host2.id.value]);
  });

  it("takes out what is too old, and keeps the rest", () => {
    const cache = new OfferCache("*");
    cache.add([host1], 100);
    cache.add([host2], 200);
    expect(cache.oldestArrival()).toBe(100);
    expect(cache.takeOlder(150)).toEqual([host1.id.value]);
    expect(cache.oldestArrival()).toBe(200);
  });

  it("gives back what is more than it can look at", () => {
    const many = Array.from({ length: 5001 }, (_, i) => ({ ...host1, id: { value: `o${i}` } }));
    expect(new OfferCache("*").add(many, 0)).toEqual(["o5000"]);
  });
});

describe("usable resources", () => {
  const reserved = { role: "lab" };

  it("are unreserved ones and those of our role, not volumes, whole disks or revocable ones", () => {
    const offer = offerOf([
      scalar("cpus", 1),
      scalar("cpus", 0.5, reserved),
      scalar("cpus", 8, { revocable: {} }),
      scalar("disk", 100),
      scalar("disk", 1000, { disk: { persistence: { id: "v" } } }),
    ]);
    expect(usable(offer, "cpus", "lab")).toBe(1.5);
    expect(usable(offer, "disk", "lab")).toBe(100);
    expect(usable(offer, "gpus", "lab")).toBe(0);
  });

  it("are asked for as they were offered, reserved ones first", () => {
    const offer = offerOf([scalar("cpus", 1), scalar("cpus", 0.5, reserved), scalar("mem", 64)]);
    const wanted = [{ name: "cpus", type: "SCALAR" as const, scalar: { value: 0.7 } }];
    expect(drawFrom([offer], [wanted], "lab")).toEqual([
      [scalar("cpus", 0.5, reserved), scalar("cpus", 0.2)],
    ]);
  });

  it("are shared out among the tasks of one launch without using any twice", () => {
    const offer = offerOf([scalar("cpus", 0.3, reserved), scalar("cpus", 0.3)]);
    const wanted = [scalar("cpus", 0.2)];
    expect(drawFrom([offer], [wanted, wanted, wanted], "lab")).toEqual([
      [scalar("cpus", 0.2, reserved)],
      [scalar("cpus", 0.1, reserved), scalar("cpus", 0.1)],
      [scalar("cpus", 0.2)],
    ]);
  });

  it("of several offers of one agent are asked for as one", () => {
    const offers = [offerOf([scalar("mem", 100)]), offerOf([scalar("mem", 50)])];
    expect(drawFrom(offers, [[scalar("mem", 120)]], "lab")).toEqual([[scalar("mem", 120)]]);
  });

  it("that lack are asked for all the same: the master says what lacks", () => {
    expect(drawFrom([offerOf([scalar("mem", 10)])], [[scalar("mem", 30)]], "lab")).toEqual([
      [scalar("mem", 30)],
    ]);
  });

  it("do not carry the allocation of MULTI_ROLE, which we do not have", () => {
    const [offer] = capturedOffers("offers") as [Offer];
    const [resources] = drawFrom([offer], [[scalar("cpus", 1)]], "lab");
    expect(resources).toEqual([scalar("cpus", 1)]);
  });
});
