import { describe, expect, it } from "vitest";
import type { FrameworkCall } from "../../../controller/mesos/http/call-channel.ts";
import { ReviveManager } from "../../../controller/mesos/offers/revive-manager.ts";
import { OfferCache } from "../../../controller/mesos/offers/offer-cache.ts";
import type { Offer } from "../../../controller/mesos/wire.ts";
import { ProcessClock } from "../../simulation/engine/process-clock.ts";
import { Scheduler } from "../../simulation/engine/scheduler.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { silentLog } from "../../support/silent-log.ts";

const [offer] = capturedOffers("offers-two-agents") as [Offer];
const MINUTE_MS = 60_000;

describe("the revive manager", () => {
  it("gives unwanted offers back though the clock was set back after they came", async () => {
    const scheduler = new Scheduler();
    const clock = new ProcessClock(scheduler);
    const calls: FrameworkCall[] = [];
    const send = async (call: FrameworkCall) => void calls.push(call);
    const manager = new ReviveManager(new OfferCache("*"), send, clock, silentLog, () => undefined);
    manager.setDemand(true);
    manager.subscribed();
    await scheduler.run({ untilMs: scheduler.now() });
    manager.arrived([offer]);
    clock.jump(-MINUTE_MS);
    manager.setDemand(false);
    await scheduler.run({ untilMs: scheduler.now() + MINUTE_MS / 2, eventsMax: 100 });
    expect(calls.map((call) => call.type)).toEqual(["REVIVE", "SUPPRESS", "DECLINE"]);
  });
});
