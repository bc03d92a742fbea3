/** How a subscription breaks and comes back, with one master and with several. */
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { startMaster, startScheduler } from "../../support/mesos/scene.ts";
import type { ScriptedMaster } from "../../support/mesos/scripted-master.ts";
import type { TestScheduler } from "../../support/mesos/test-scheduler.ts";
import { until } from "../../support/poll.ts";

const isFresh = (test: TestScheduler) => test.freshness === "fresh";

describe("a subscription that breaks", () => {
  it.each([
    ["the zero chunk, with the connection left open", (m: ScriptedMaster) => m.streams[0]?.end()],
    ["a reset", (m: ScriptedMaster) => m.streams[0]?.reset()],
    ["bytes that are no record", (m: ScriptedMaster) => m.streams[0]?.raw("no length\n")],
    ["a record that is not JSON", (m: ScriptedMaster) => m.streams[0]?.raw("3\n{a}")],
    [
      "an error that may pass",
      (m: ScriptedMaster) => m.streams[0]?.send({ type: "ERROR", error: { message: "try later" } }),
    ],
  ])("by %s is stale at once, without offers, and is taken up with the same id", async (_, cut) => {
    const m = await startMaster();
    const test = startScheduler([m.address]);
    test.scheduler.setDemand(true);
    await m.received("REVIVE");
    (await m.stream()).send({ type: "OFFERS", offers: { offers: capturedOffers("offers") } });
    await until("an offer", () => test.mesos?.offers.length === 1);
    cut(m);
    await until("stale", () => test.freshness === "stale");
    expect(test.mesos).toMatchObject({ offers: [], reconciled: false });
    expect(test.scheduler.master).toBeNull();
    await test.passUntil("fresh", () => isFresh(test));
    const again = m.of("SUBSCRIBE")[1];
    expect(again?.framework_id).toEqual({ value: m.frameworkId });
    expect(again?.subscribe.framework_info.id).toEqual({ value: m.frameworkId });
    expect(test.savedIds).toHaveLength(1);
    // What was wanted is said again, on the new stream.
    await m.received("REVIVE", 2);
    await until("the old connection is let go", () => m.streams[0]?.abandoned);
  });

  it("by silence is noticed after three heartbeats, and heartbeats keep it", async () => {
    const m = await startMaster();
    m.heartbeatSeconds = 2;
    const test = startScheduler([m.address]);
    const stream = await m.stream();
    await until("fresh", () => isFresh(test));
    for (let beat = 0; beat < 4; beat += 1) {
      test.clock.advance(5000);
      expect(test.freshness).toBe("fresh");
      const before = test.changes;
      // An offer is as good as a heartbeat, and its arrival can be seen.
      stream.send({ type: "OFFERS", offers: { offers: [] } });
      await until("the event", () => test.changes > before);
    }
    // It has lived long enough for the next one to follow without a pause.
    test.clock.advance(6000);
    await m.subscriptions(2);
    await until("fresh", () => isFresh(test));
  });

  it("again and again is followed by longer and longer pauses, up to a limit", async () => {
    const m = await startMaster();
    m.onSubscribe = () => ({ status: 503 });
    const test = startScheduler([m.address]);
    const pauses: number[] = [];
    for (let n = 1; n <= 8; n += 1) {
      await m.received("SUBSCRIBE", n);
      const before = test.clock.now();
      await test.passUntil("another try", () => m.of("SUBSCRIBE").length > n, 100);
      pauses.push(test.clock.now() - before);
    }
    // With the least jitter: half of 100, 200, 400 … 5000 ms. Time passes while an answer travels.
    const least = [50, 100, 200, 400, 800, 1600, 2500, 2500];
    pauses.forEach((pause, i) => expect(pause).toBeGreaterThanOrEqual(least[i] ?? 0));
    expect(m.of("SUBSCRIBE").length).toBe(9);
  });
});

describe("several masters", () => {
  it("a master that does not lead is left for the one that it names, path and all", async () => {
    const [follower, leader] = [await startMaster(), await startMaster()];
    const location = `//${leader.address}/master/api/v1/scheduler`;
    follower.onSubscribe = () => ({ status: 307, headers: { Location: location } });
    const test = startScheduler([follower.address]);
    await until("fresh", () => isFresh(test));
    expect(test.scheduler.master).toBe(leader.address);
    await leader.received("SUPPRESS");
    expect(follower.of("SUPPRESS")).toHaveLength(0);
  });

  it("a leader that died is followed by the next one, although others still redirect to it", async () => {
    const [old, follower, next] = [await startMaster(), await startMaster(), await startMaster()];
    const test = startScheduler([old.address, follower.address, next.address]);
    await until("fresh", () => isFresh(test));
    const redirect = (to: ScriptedMaster) => () => ({
      status: 307,
      headers: { Location: `//${to.address}/master/api/v1/scheduler` },
    });
    follower.onSubscribe = redirect(old);
    next.onSubscribe = redirect(old);
    await old.stop();
    await test.passUntil("both asked twice", () => next.of("SUBSCRIBE").length >= 2);
    expect(test.freshness).toBe("stale");
    follower.onSubscribe = redirect(next);
    next.onSubscribe = () => null;
    next.frameworkId = old.frameworkId;
    await test.passUntil("fresh", () => isFresh(test));
    expect(test.scheduler.master).toBe(next.address);
  });

  it.each<[string, (leader: ScriptedMaster) => unknown]>([
    ["refuses", (leader) => leader.stop()],
    ["swallows", (leader) => (leader.onSubscribe = () => "hang")],
  ])("a dead leader that %s, to which all redirect, is asked once a round", async (_, die) => {
    const [dead, a, b] = [await startMaster(), await startMaster(), await startMaster()];
    await die(dead);
    const location = `//${dead.address}/master/api/v1/scheduler`;
    a.onSubscribe = () => ({ status: 307, headers: { Location: location } });
    b.onSubscribe = a.onSubscribe;
    const test = startScheduler([a.address, b.address]);
    await test.passUntil("two rounds", () => a.calls.length >= 2 && b.calls.length >= 2, 1000);
    expect(test.freshness).toBe("unknown");
    expect(dead.calls.length).toBeLessThanOrEqual(a.calls.length);
    // One of them leads now, and the other still names the dead one.
    b.onSubscribe = () => null;
    await test.passUntil("fresh", () => isFresh(test), 1000);
    expect(test.scheduler.master).toBe(b.address);
  });

  it("two masters that redirect to each other are not followed for ever", async () => {
    const [a, b] = [await startMaster(), await startMaster()];
    a.onSubscribe = () => ({ status: 307, headers: { Location: `//${b.address}/` } });
    b.onSubscribe = () => ({ status: 307, headers: { Location: `//${a.address}/` } });
    const test = startScheduler([a.address, b.address]);
    await until("both asked", () => a.calls.length + b.calls.length === 2);
    await test.passUntil("both asked again", () => a.calls.length + b.calls.length === 4);
    expect(test.freshness).toBe("unknown");
  });

  it("a call that is answered with 307 ends the subscription: this master leads no more", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address]);
    await m.received("SUPPRESS");
    m.onCall = () => ({ status: 307, headers: { Location: "//127.0.0.1:1/" } });
    await expect(test.scheduler.kill("t", "a")).rejects.toMatchObject({
      code: ERROR_CODES.MESOS_REFUSED,
    });
    await until("stale", () => test.freshness === "stale");
    m.onCall = () => null;
    await test.passUntil("fresh", () => isFresh(test));
  });
});
