import { describe, expect, it } from "vitest";
import { parseEvent } from "../../../controller/mesos/http/parse-event.ts";
import type { InverseOffer } from "../../../controller/mesos/wire.ts";
import { scene } from "../../support/mesos/scene.ts";
import { until } from "../../support/poll.ts";

const ns = (ms: number) => ({ nanoseconds: ms * 1e6 });

function inverseOffer(id: string, agent: string, from: number): InverseOffer {
  return {
    id: { value: id },
    agent_id: { value: agent },
    unavailability: { start: ns(from), duration: ns(1000) },
  };
}

function inverseOffers(...inverse_offers: InverseOffer[]) {
  return { type: "INVERSE_OFFERS", inverse_offers: { inverse_offers } } as const;
}

describe("maintenance that the master announces", () => {
  it("is known of each agent, and no longer when it is given up", async () => {
    const { test, stream } = await scene([], false);
    const known = () => Object.fromEntries(test.mesos?.maintenance ?? []);
    stream.send(inverseOffers(inverseOffer("i1", "a", 5000), inverseOffer("i2", "b", 0)));
    await until("two", () => test.mesos?.maintenance.size === 2);
    expect(known()).toEqual({ a: { from: 5000, until: 6000 }, b: { from: 0, until: 1000 } });
    const before = test.changes;
    const rescind = (value: string) =>
      stream.send({
        type: "RESCIND_INVERSE_OFFER",
        rescind_inverse_offer: { inverse_offer_id: { value } },
      });
    rescind("unknown");
    rescind("i1");
    await until("one", () => test.mesos?.maintenance.size === 1);
    expect(known()).toEqual({ b: { from: 0, until: 1000 } });
    expect(test.changes).toBe(before + 1);
  });

  it("is told again on the next subscription", async () => {
    const { test, stream } = await scene([], false);
    stream.send(inverseOffers(inverseOffer("i1", "a", 0)));
    await until("one", () => test.mesos?.maintenance.size === 1);
    stream.end();
    await test.passUntil("none", () => test.mesos?.maintenance.size === 0);
  });

  it.each([
    ["no list", { inverse_offers: 1 }, []],
    ["nothing at all", {}, []],
    ["one without a time", { inverse_offers: [{ id: { value: "i" } }] }, []],
    [
      "one with a time that is none",
      { inverse_offers: [{ id: { value: "i" }, unavailability: { start: { nanoseconds: "1" } } }] },
      [],
    ],
  ])("may be %s", (_, inverse_offers, left) => {
    const { event } = parseEvent(JSON.stringify({ type: "INVERSE_OFFERS", inverse_offers }));
    const list = event?.type === "INVERSE_OFFERS" ? event.inverse_offers.inverse_offers : [];
    expect(list).toEqual(left);
  });
});
