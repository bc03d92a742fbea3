import { describe, expect, it } from "vitest";
import type { FrameworkCall } from "../../../controller/mesos/http/call-channel.ts";
import { REVIVE_AGAIN_MS, ReviveManager } from "../../../controller/mesos/offers/revive-manager.ts";
import { OfferCache } from "../../../controller/mesos/offers/offer-cache.ts";
import type { Offer } from "../../../controller/mesos/wire.ts";
import { ProcessClock } from "../../simulation/engine/process-clock.ts";
import { Scheduler } from "../../simulation/engine/scheduler.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { silentLog } from "../../support/silent-log.ts";

const [offer] = capturedOffers("offers-two-agents") as [Offer];
const MINUTE_MS = 60_000;

function subscribed(wanted: boolean) {
  const scheduler = new Scheduler();
  const clock = new ProcessClock(scheduler);
  const calls: FrameworkCall[] = [];
  const send = async (call: FrameworkCall) => void calls.push(call);
  const manager = new ReviveManager(new OfferCache("*"), send, clock, silentLog, () => undefined);
  const pass = (ms: number) => scheduler.run({ untilMs: scheduler.now() + ms, eventsMax: 100 });
  manager.setDemand(wanted);
  manager.subscribed();
  return { clock, manager, pass, types: () => calls.map((call) => call.type), calls };
}

describe("the revive manager", () => {
  it("gives unwanted offers back though the clock was set back after they came", async () => {
    const { clock, manager, pass, types } = subscribed(true);
    await pass(0);
    manager.arrived([offer]);
    clock.jump(-MINUTE_MS);
    manager.setDemand(false);
    await pass(MINUTE_MS / 2);
    expect(types()).toEqual(["REVIVE", "SUPPRESS", "DECLINE"]);
  });

  it.each([
    ["short while another may soon be wanted", true, 5],
    ["long while none is wanted", false, 300],
  ])("keeps an offer away: %s", async (_, wanted, refuse_seconds) => {
    const { manager, pass, calls } = subscribed(wanted);
    await pass(0);
    manager.arrived([offer]);
    await pass(MINUTE_MS / 2);
    const filters = { refuse_seconds };
    expect(calls.slice(1)).toMatchObject([{ type: "DECLINE", decline: { filters } }]);
  });

  it("asks again when no offer has come for long, and only then", async () => {
    const { clock, manager, pass, types } = subscribed(true);
    await pass(REVIVE_AGAIN_MS - 1);
    expect(types()).toEqual(["REVIVE"]);
    await pass(1);
    expect(types()).toEqual(["REVIVE", "REVIVE"]);
    manager.arrived([offer]);
    await pass(REVIVE_AGAIN_MS - 1);
    expect(types()).toEqual(["REVIVE", "REVIVE", "DECLINE"]);
    clock.jump(-60 * MINUTE_MS);
    await pass(2 * REVIVE_AGAIN_MS);
    expect(types()).toContain("DECLINE");
    expect(types().filter((type) => type === "REVIVE").length).toBeGreaterThan(2);
    manager.setDemand(false);
    await pass(0);
    const before = types().length;
    await pass(10 * REVIVE_AGAIN_MS);
    expect(types().slice(before - 1)).toEqual(["SUPPRESS"]);
  });
});
