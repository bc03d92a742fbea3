/** Offers and launches over the wire. */
import { describe, expect, it } from "vitest";
import type { Offer } from "../../../controller/mesos/wire.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { offersOf, scene, taskOn } from "../../support/mesos/scene.ts";
import { until } from "../../support/poll.ts";

const [host1, host2] = capturedOffers("offers-two-agents") as [Offer, Offer];

describe("offers", () => {
  it("are launched on: taken at once, the task staging at once, the rest wanted back at once", async () => {
    const { m, test, stream } = await scene();
    stream.send(offersOf(host1, host2));
    await until("two offers", () => test.mesos?.offers.length === 2);
    const accepted = test.scheduler.accept(
      [host1.id.value],
      [taskOn(host1, "a"), taskOn(host1, "b")],
    );
    expect(test.mesos?.offers.map((offer) => offer.hostname)).toEqual(["host2"]);
    expect(test.task("a")).toMatchObject({ state: "TASK_STAGING", agentId: host1.agent_id.value });
    await accepted;
    const { accept } = await m.received("ACCEPT");
    expect(accept.offer_ids).toEqual([host1.id]);
    expect(accept.filters).toEqual({ refuse_seconds: 0 });
    expect(accept.operations[0]?.launch.task_infos.map((t) => t.task_id.value)).toEqual(["a", "b"]);
    expect(accept.operations[0]?.launch.task_infos[0]?.resources).toEqual([
      { name: "cpus", type: "SCALAR", scalar: { value: 0.1 }, role: "*" },
    ]);
  });

  it("that were rescinded cannot be launched on, and nothing is sent", async () => {
    const { m, test, stream } = await scene();
    stream.send(
      offersOf(host1),
      { type: "RESCIND", rescind: { offer_id: host1.id } },
      offersOf(host2),
    );
    await until("one offer", () => test.mesos?.offers[0]?.hostname === "host2");
    await expect(
      test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]),
    ).rejects.toMatchObject({ code: ERROR_CODES.OFFER_GONE });
    expect(m.of("ACCEPT")).toHaveLength(0);
    expect(test.task("a")).toBeUndefined();
  });

  it("a task id is never launched twice", async () => {
    const { test, stream } = await scene();
    stream.send(offersOf(host1, host2));
    await until("two offers", () => test.mesos?.offers.length === 2);
    await test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]);
    await expect(test.scheduler.accept([host2.id.value], [taskOn(host2, "a")])).rejects.toThrow(
      /a second time/,
    );
    expect(test.mesos?.offers).toHaveLength(1);
  });

  it("a launch that got no answer gives its offers back: the master may still count them", async () => {
    const { m, test, stream } = await scene(["a"]);
    stream.send(offersOf(host1));
    await until("an offer", () => test.mesos?.offers.length === 1);
    m.onCall = (call) => (call.type === "ACCEPT" ? "hang" : null);
    const accepted = test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]);
    await m.received("ACCEPT");
    test.clock.advance(5000);
    await expect(accepted).rejects.toMatchObject({ code: ERROR_CODES.TIMEOUT });
    const { decline } = await m.received("DECLINE");
    expect(decline.offer_ids).toEqual([host1.id]);
  });

  it("a launch that the master refuses has ended; nobody waits for it", async () => {
    const { m, test, stream } = await scene(["a"]);
    stream.send(offersOf(host1));
    await until("an offer", () => test.mesos?.offers.length === 1);
    m.onCall = (call) => (call.type === "ACCEPT" ? { status: 400, body: "bad task" } : null);
    await expect(
      test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]),
    ).rejects.toMatchObject({ code: ERROR_CODES.MESOS_REFUSED });
    expect(test.task("a")).toMatchObject({ state: "TASK_DROPPED" });
    expect(test.task("a")?.message).toMatch(/bad task/);
    expect(test.freshness).toBe("fresh");
  });

  it.each(["hang", "reset"] as const)(
    "a launch whose answer is lost (%s) is asked about, and not before the answer is given up",
    async (fault) => {
      const { m, test, stream } = await scene();
      stream.send(offersOf(host1));
      await until("an offer", () => test.mesos?.offers.length === 1);
      m.onCall = (call) => (call.type === "ACCEPT" ? fault : null);
      const accepted = test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]);
      const outcome = expect(accepted).rejects.toMatchObject({
        code: fault === "hang" ? ERROR_CODES.TIMEOUT : ERROR_CODES.MESOS_UNREACHABLE,
      });
      await m.received("ACCEPT");
      expect(m.of("RECONCILE")).toHaveLength(0);
      if (fault === "hang") test.clock.advance(5000);
      await outcome;
      expect(test.task("a")?.state).toBe("TASK_STAGING");
      await test.passUntil("asked", () => m.of("RECONCILE").length > 0);
      expect(m.of("RECONCILE")[0]?.reconcile.tasks).toEqual([
        { task_id: { value: "a" }, agent_id: host1.agent_id },
      ]);
    },
  );

  it("that nobody claims go back with a filter after half a minute", async () => {
    const { m, test, stream } = await scene();
    stream.send(offersOf(host1));
    await until("an offer", () => test.mesos?.offers.length === 1);
    test.clock.advance(29_999);
    expect(test.mesos?.offers).toHaveLength(1);
    test.clock.advance(1);
    const { decline } = await m.received("DECLINE");
    expect(decline).toEqual({ offer_ids: [host1.id], filters: { refuse_seconds: 5 } });
    expect(test.mesos?.offers).toEqual([]);
  });

  it("go back when none are wanted, though a launch that is decided still finds them", async () => {
    const { m, test, stream } = await scene();
    stream.send(offersOf(host1, host2));
    await until("two offers", () => test.mesos?.offers.length === 2);
    test.scheduler.setDemand(false);
    await test.scheduler.accept([host1.id.value], [taskOn(host1, "a")]);
    await m.received("SUPPRESS");
    await test.passUntil("declined", () => m.of("DECLINE").length === 1, 500);
    expect(m.of("DECLINE")[0]?.decline.offer_ids).toEqual([host2.id]);
    expect(test.mesos?.offers).toEqual([]);
  });

  it("that come although none are wanted go back at once", async () => {
    const { m, stream } = await scene([], false);
    stream.send(offersOf(host1));
    expect((await m.received("DECLINE")).decline.offer_ids).toEqual([host1.id]);
  });

  it("REVIVE follows a SUPPRESS that got no answer: it may have been carried out", async () => {
    const { m, test } = await scene();
    m.onCall = (call) => (call.type === "SUPPRESS" ? "hang" : null);
    test.scheduler.setDemand(false);
    await m.received("SUPPRESS");
    test.scheduler.setDemand(true);
    test.clock.advance(5000);
    await test.passUntil("revived", () => m.of("REVIVE").length === 2);
  });

  it("REVIVE and SUPPRESS are sent on changes only, in order, and again until taken", async () => {
    const { m, test } = await scene();
    test.scheduler.setDemand(true);
    m.onCall = (call) => (call.type === "SUPPRESS" ? "reset" : null);
    test.scheduler.setDemand(false);
    await m.received("SUPPRESS");
    m.onCall = () => null;
    await test.passUntil("taken", () => m.of("SUPPRESS").length === 2, 500);
    test.scheduler.setDemand(true);
    await m.received("REVIVE", 2);
    const order = m.calls.map(({ call }) => call.type).filter((t) => t !== "RECONCILE");
    expect(order).toEqual(["SUBSCRIBE", "REVIVE", "SUPPRESS", "SUPPRESS", "REVIVE"]);
  });
});
