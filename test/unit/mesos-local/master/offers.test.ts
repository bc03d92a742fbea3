import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Offer } from "../../../../controller/mesos/wire.ts";
import { EngineError } from "../../../../controller/mesos-local/agent/docker-engine.ts";
import {
  accept,
  containerOf,
  count,
  InMemoryMesos,
  offerOf,
  SECOND,
  settled,
  task,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("offers", () => {
  test("have what an agent has, under the field names of Mesos", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    expect(offer).toMatchObject({
      hostname: "host-a",
      attributes: [{ name: "rack", type: "TEXT", text: { value: "r1" } }],
      resources: [
        { name: "ports", type: "RANGES", role: "*" },
        { name: "cpus", type: "SCALAR", scalar: { value: 4 }, role: "*" },
        { name: "mem", scalar: { value: 4096 } },
        { name: "disk", scalar: { value: 10_000 } },
      ],
    });
    expect(offer.allocation_info).toBeUndefined();
  });

  test("say the role they are allocated to when the framework may have several", async () => {
    const info = { roles: ["lab"], capabilities: [{ type: "MULTI_ROLE" }] };
    const scheduler = await RawScheduler.subscribe(mesos.url, info);
    const offer = await scheduler.offer();
    expect(offer.allocation_info).toEqual({ role: "lab" });
    expect(offer.resources[0]?.allocation_info).toEqual({ role: "lab" });
  });

  test("outstanding are never sent again", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await scheduler.offer();
    mesos.clock.advance(10 * SECOND);
    await scheduler.call("REVIVE");
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
  });

  test("declined come back after 5 s, or at once on REVIVE", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const decline = async (offer: Offer) =>
      scheduler.call("DECLINE", { decline: { offer_ids: [offer.id] } });
    await decline(await scheduler.offer());
    mesos.clock.advance(4 * SECOND);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
    mesos.clock.advance(2 * SECOND);
    await until("the second offer", () => count(scheduler, "OFFERS") === 2);
    await decline(await scheduler.offer(scheduler.seen.length - 2));
    await scheduler.call("REVIVE");
    await until("the third offer", () => count(scheduler, "OFFERS") === 3);
  });

  test("are not made while suppressed", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    await scheduler.call("SUPPRESS");
    const filters = { refuse_seconds: 0 };
    await scheduler.call("DECLINE", { decline: { offer_ids: [offer.id], filters } });
    mesos.clock.advance(10 * SECOND);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
    await scheduler.call("REVIVE");
    await until("an offer", () => count(scheduler, "OFFERS") === 2);
  });

  test("are not made to a framework that subscribes with its role suppressed", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, {}, { suppressed_roles: ["*"] });
    mesos.clock.advance(10 * SECOND);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(0);
    await scheduler.call("REVIVE");
    await scheduler.offer();
    const other = await RawScheduler.subscribe(mesos.url, {}, { suppressed_roles: ["lab"] });
    await scheduler.call("TEARDOWN");
    mesos.clock.advance(SECOND);
    await other.offer();
  });

  test("of what a task leaves, then of what its end frees, and both may be combined", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const first = await scheduler.offer();
    await accept(scheduler, [first], [task("a", first, { cpus: 1 })]);
    await scheduler.status("a", "TASK_RUNNING");
    mesos.clock.advance(SECOND);
    const rest = await offerOf(scheduler, 3);
    mesos.docker.end(await containerOf(scheduler, "a"), 0);
    await scheduler.status("a", "TASK_FINISHED");
    mesos.clock.advance(SECOND);
    const freed = await offerOf(scheduler, 1);
    await accept(scheduler, [rest, freed], [task("b", rest, { cpus: 4 })]);
    await scheduler.status("b", "TASK_RUNNING");
  });

  test("of an ended task's resources do not wait for the acknowledgement of its end", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const first = await scheduler.offer();
    await accept(scheduler, [first], [task("t", first, { cpus: 4 })]);
    const name = await containerOf(scheduler, "t");
    scheduler.acknowledges = false;
    mesos.docker.end(name, 0);
    await scheduler.status("t", "TASK_FINISHED");
    mesos.clock.advance(SECOND);
    await until("all is offered again", () =>
      scheduler.seen.some(
        ({ event }, at) =>
          at > 2 &&
          event.type === "OFFERS" &&
          event.offers.offers[0]?.resources.some((r) => r.scalar?.value === 4),
      ),
    );
  });

  test("are rescinded when Docker is lost, and new when it is back", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    mesos.docker.fail("watchEnds", new EngineError("unreachable", "no engine"));
    mesos.docker.disconnect("gone");
    const rescind = await scheduler.event("the rescind", (event) => event.type === "RESCIND");
    expect(rescind.event).toEqual({ type: "RESCIND", rescind: { offer_id: offer.id } });
    mesos.docker.heal("watchEnds");
    mesos.clock.advance(10 * SECOND);
    await until("a new offer", () => count(scheduler, "OFFERS") === 2);
  });
});
