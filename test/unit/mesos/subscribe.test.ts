/** How a subscription comes about and ends for good, against a master that misbehaves. */
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { startMaster, startScheduler } from "../../support/mesos/scene.ts";
import type { Call } from "../../../controller/mesos/wire.ts";
import { record } from "../../support/mesos/scripted-master.ts";
import type { TestScheduler } from "../../support/mesos/test-scheduler.ts";
import { until } from "../../support/poll.ts";

const isFresh = (test: TestScheduler) => test.freshness === "fresh";

describe("the first subscription", () => {
  it("stores the framework id before anything is fresh", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address]);
    expect(test.observe()).toMatchObject({ freshness: "unknown" });
    await until("fresh", () => isFresh(test));
    expect(test.savedIds).toEqual([m.frameworkId]);
    expect(test.scheduler.master).toBe(m.address);
    expect(test.mesos).toMatchObject({ frameworkId: m.frameworkId, reconciled: true });
    expect(m.of("SUBSCRIBE")[0]?.framework_id).toBeUndefined();
  });

  it("sends exactly the headers that a master takes, and basic authentication", async () => {
    const m = await startMaster();
    const credentials = { principal: "lab", secret: "s" };
    const test = startScheduler([m.address], { credentials });
    await m.received("SUPPRESS");
    const [subscribe, suppress] = m.calls;
    const authorization = `Basic ${Buffer.from("lab:s").toString("base64")}`;
    for (const received of [subscribe, suppress]) {
      expect(received?.headers).toMatchObject({
        "content-type": "application/json",
        authorization,
      });
    }
    expect(m.of("SUBSCRIBE")[0]?.subscribe.framework_info.principal).toBe("lab");
    expect(suppress?.headers["mesos-stream-id"]).toBe("stream-1");
    expect(suppress?.clientPort).not.toBe(subscribe?.clientPort);
    expect(test.freshness).toBe("fresh");
  });

  it("reads records however they are cut into chunks", async () => {
    const m = await startMaster();
    m.greeting = () => [];
    const test = startScheduler([m.address]);
    test.scheduler.setDemand(true);
    const stream = await m.stream();
    const offers = { type: "OFFERS", offers: { offers: capturedOffers("offers-two-agents") } };
    const text = record(m.subscribedEvent()) + record({ type: "HEARTBEAT" }) + record(offers);
    for (let at = 0; at < text.length; at += 97) stream.raw(text.slice(at, at + 97));
    await until("two offers", () => test.mesos?.offers.length === 2);
  });

  it("does without what is no need where a master refuses it", async () => {
    const m = await startMaster();
    const isPlain = (call: Call) => !/suppressed_roles|offer_filters/.test(JSON.stringify(call));
    m.onSubscribe = (call) => (isPlain(call) ? null : { status: 400, body: "Unknown field" });
    const test = startScheduler([m.address]);
    await test.passUntil("fresh", () => isFresh(test));
    expect(m.of("SUBSCRIBE").map(isPlain)).toEqual([false, true]);
  });

  it("says why there is none, and that is no longer said when there is one", async () => {
    const m = await startMaster();
    m.onSubscribe = () => ({ status: 503, body: "No leader elected" });
    const test = startScheduler([m.address]);
    await until("a reason", () => JSON.stringify(test.observe()).includes("No leader"));
    m.onSubscribe = () => null;
    await test.passUntil("fresh", () => isFresh(test));
  });

  it.each([
    { status: 400, body: "Missing required fields" },
    { status: 401, body: "" },
    { status: 200, body: "no stream" },
    { status: 307, body: "", headers: { Location: "nowhere://" } },
    "hang" as const,
    "reset" as const,
  ])("is tried again after %j", async (answer) => {
    const m = await startMaster();
    m.onSubscribe = () => answer;
    const test = startScheduler([m.address]);
    await m.received("SUBSCRIBE");
    m.onSubscribe = () => null;
    await test.passUntil("fresh", () => isFresh(test), 500);
    expect(test.savedIds).toHaveLength(1);
  });

  it("that cannot be stored is given up, and the next one keeps the id", async () => {
    const m = await startMaster();
    let tries = 0;
    const test = startScheduler([m.address], {
      saveFrameworkId: async () => {
        tries += 1;
        if (tries === 1) throw new Error("disk full");
      },
    });
    await test.passUntil("fresh", () => isFresh(test));
    expect(tries).toBe(2);
    expect(m.of("SUBSCRIBE").at(-1)?.framework_id).toEqual({ value: m.frameworkId });
  });

  it("is not taken from a stream that does not begin with SUBSCRIBED", async () => {
    const m = await startMaster();
    let first = true;
    m.greeting = () => {
      const greeting = first ? [] : [m.subscribedEvent()];
      first = false;
      return greeting;
    };
    const test = startScheduler([m.address]);
    (await m.stream()).send({ type: "OFFERS", offers: { offers: [] } });
    await test.passUntil("fresh", () => isFresh(test));
    expect(m.streams).toHaveLength(2);
  });
});

describe("the end", () => {
  it.each([
    ["Framework has been removed", ERROR_CODES.FRAMEWORK_REMOVED],
    ["Framework failed over", ERROR_CODES.FRAMEWORK_TAKEN_OVER],
  ])("%s: fatal, and nobody subscribes again", async (message, code) => {
    const m = await startMaster();
    const test = startScheduler([m.address], { frameworkId: m.frameworkId });
    await until("fresh", () => isFresh(test));
    // As a real master does, with the connection left open.
    m.streams[0]?.send({ type: "ERROR", error: { message } });
    expect(await test.scheduler.fatal).toMatchObject({ code });
    await until("stale", () => test.freshness === "stale");
    test.clock.advance(60_000);
    await test.scheduler.stop();
    expect(m.of("SUBSCRIBE")).toHaveLength(1);
  });

  it("a removed framework is fatal also when it is the first thing that is heard", async () => {
    const m = await startMaster();
    m.greeting = () => [{ type: "ERROR", error: { message: "Framework has been removed" } }];
    const test = startScheduler([m.address], { frameworkId: "old" });
    expect(await test.scheduler.fatal).toMatchObject({ code: ERROR_CODES.FRAMEWORK_REMOVED });
    expect(test.freshness).toBe("unknown");
  });

  it("another framework id than the one asked for is never taken silently", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address], { frameworkId: "mine" });
    expect(await test.scheduler.fatal).toMatchObject({ code: ERROR_CODES.FRAMEWORK_REMOVED });
    expect(test.savedIds).toEqual([]);
  });

  it("stop leaves the framework alone and lets go of every connection", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address]);
    await m.received("SUPPRESS");
    await test.scheduler.stop();
    expect(m.of("TEARDOWN")).toHaveLength(0);
    expect(test.freshness).toBe("stale");
    await until("the stream is let go", () => m.streams[0]?.abandoned);
  });

  it("stop does not wait for a master that hangs, nor for a pause", async () => {
    const m = await startMaster();
    m.onSubscribe = () => "hang";
    const hanging = startScheduler([m.address]);
    await m.received("SUBSCRIBE");
    await hanging.scheduler.stop();
    m.onSubscribe = () => ({ status: 503 });
    const pausing = startScheduler([m.address]);
    await m.received("SUBSCRIBE", 2);
    await pausing.scheduler.stop();
  });

  it("teardown may be answered after the stream's end, and begins no other subscription", async () => {
    const m = await startMaster();
    m.onCall = (call) => {
      if (call.type === "TEARDOWN") m.streams[0]?.end();
      return null;
    };
    const test = startScheduler([m.address]);
    await until("fresh", () => isFresh(test));
    m.slowAnswers = true;
    const left = test.scheduler.teardown();
    await until("stale", () => test.freshness === "stale");
    test.clock.advance(4000);
    m.slowAnswers = false;
    await left;
    expect(m.of("SUBSCRIBE")).toHaveLength(1);
  });

  it("teardown ends the framework and does not come back", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address]);
    await until("fresh", () => isFresh(test));
    await test.scheduler.teardown();
    expect(m.of("TEARDOWN")).toHaveLength(1);
    test.clock.advance(60_000);
    expect(m.of("SUBSCRIBE")).toHaveLength(1);
    await expect(test.scheduler.teardown()).rejects.toMatchObject({
      code: ERROR_CODES.MESOS_UNREACHABLE,
    });
  });
});
