/** The store in etcd with the faults of a network, on an etcd in memory. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EtcdBackend } from "../../../controller/store/etcd/etcd-backend.ts";
import { SiteKeys } from "../../../controller/store/etcd/keys.ts";
import type { SiteView, Term } from "../../../controller/store/state-backend.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { controllerOn, memoryOf } from "../../support/store/fixtures.ts";
import { MemoryEtcd } from "../../support/store/memory-etcd.ts";

const KEY = "default/lab";
const keys = new SiteKeys("/site");
const never = new AbortController().signal;

let etcd: MemoryEtcd;
const terms: Term[] = [];
const backends: EtcdBackend[] = [];

beforeEach(() => {
  etcd = new MemoryEtcd(systemClock);
});

afterEach(async () => {
  for (const term of terms.splice(0)) await term.resign();
  for (const backend of backends.splice(0)) await backend.close();
});

/** @param monotonicMs of its clock; left out: this machine's */
function controller({ ttlSeconds = 10, monotonicMs = () => performance.now() } = {}) {
  const server = etcd.connect();
  const backend = new EtcdBackend({
    description: "etcd://memory/site",
    prefix: "/site",
    servers: [server],
    ttlSeconds,
    masters: "local",
    waits: true,
    clock: systemClock,
    monotonicMs,
    log: silentLog,
  });
  backends.push(backend);
  return { server, backend };
}

type Controller = ReturnType<typeof controller>;

async function act({ backend }: Controller, hostname: string): Promise<Term> {
  const term = await backend.campaign(controllerOn(hostname), never);
  terms.push(term);
  return term;
}

function put(key: string, value: string | null): void {
  const write = value === null ? { key, value } : { key, value, lease: null };
  etcd.transact({ conditions: [], writes: [write], elseRead: [] });
}

/** By whom it acts, as a person would remove it. */
function removePlaces(): void {
  const { keys: found } = etcd.range(keys.controllers, { limit: 9, revision: null });
  for (const { key } of found) put(key, null);
}

describe("who acts on an etcd", () => {
  it("knows at its first look that it was paused for longer than its lease", async () => {
    let now = 0;
    const term = await act(controller({ monotonicMs: () => now }), "a");
    now = 8_999;
    expect(term.isHeld()).toBe(true);
    now = 9_001;
    expect(term.isHeld()).toBe(false);
    // And for good, however the clock goes on.
    now = 0;
    expect(term.isHeld()).toBe(false);
    await expect(term.state.memories.save(KEY, memoryOf(KEY))).rejects.toMatchObject({
      code: "ERR_NOT_ACTING",
    });
    expect((await term.lost).code).toBe("ERR_NOT_ACTING");
  });

  it("stops before another acts when it is cut off", async () => {
    const one = controller({ ttlSeconds: 2 });
    const term = await act(one, "a");
    const other = act(controller({ ttlSeconds: 2 }), "b");
    one.server.fault = "cut";
    const lost = term.lost.then(() => "lost");
    const acts = other.then(() => "another acts");
    expect(await Promise.race([lost, acts])).toBe("lost");
    expect((await other).number).toBeGreaterThan(term.number);
  });

  it("is asked about the others for no longer than whoever asks can wait", async () => {
    const one = controller();
    await act(one, "a");
    one.server.fault = "cut";
    const begun = performance.now();
    const asked = one.backend.standingBy(200);
    await expect(asked).rejects.toMatchObject({ code: "ERR_STATE_UNREACHABLE" });
    // Any other call has 3 s.
    expect(performance.now() - begun).toBeLessThan(2_500);
  });

  it("stops when somebody removes the key by which it acts", async () => {
    const term = await act(controller(), "a");
    removePlaces();
    const refused = { code: "ERR_NOT_ACTING" };
    await expect(term.state.memories.save(KEY, memoryOf(KEY))).rejects.toMatchObject(refused);
    expect(term.isHeld()).toBe(false);
    await expect(term.lost).resolves.toMatchObject(refused);
  });

  it("changes nothing by a write that arrives when another acts", async () => {
    const one = controller();
    const term = await act(one, "a");
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    one.server.before = () => held;
    const late = term.state.memories.save(KEY, memoryOf(KEY, 2));
    removePlaces();
    const other = await act(controller(), "b");
    await other.state.memories.save(KEY, memoryOf(KEY, 3));
    letGo();
    await expect(late).rejects.toMatchObject({ code: "ERR_NOT_ACTING" });
    expect(etcd.range(keys.memories, { limit: 1, revision: null }).keys[0]?.value).toContain(
      '"generation":3',
    );
  });

  it("hears that its key was removed though it writes nothing", async () => {
    const term = await act(controller(), "a");
    removePlaces();
    await expect(term.lost).resolves.toMatchObject({ code: "ERR_NOT_ACTING" });
  });

  it("takes a new place when the one in which it waited was removed", async () => {
    const first = await act(controller(), "a");
    const waiting = controller();
    const second = act(waiting, "b");
    await until("it waits", async () => (await waiting.backend.standingBy()).length === 1);
    removePlaces();
    expect((await second).number).toBeGreaterThan(first.number);
  });

  it("stores once what it had to send twice because the answer got lost", async () => {
    const one = controller();
    const term = await act(one, "a");
    one.server.fault = "late";
    const saved = term.state.memories.save(KEY, memoryOf(KEY, 1));
    await until(
      "it arrived",
      () => etcd.range(keys.memories, { limit: 1, revision: null }).keys[0],
    );
    one.server.fault = "none";
    await saved;
    await term.state.memories.save(KEY, memoryOf(KEY, 2));
    await term.resign();
    const { stored } = (await act(controller(), "b")).state;
    expect(stored.memories.get(KEY)).toEqual(memoryOf(KEY, 2));
  });

  it("overwrites what a person has written by hand", async () => {
    const term = await act(controller(), "a");
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    put(keys.memory(KEY), "{}");
    await term.state.memories.save(KEY, memoryOf(KEY, 2));
    await term.resign();
    const { stored } = (await act(controller(), "b")).state;
    expect(stored.memories.get(KEY)).toEqual(memoryOf(KEY, 2));
  });

  it("resigns within a bound while etcd is away", async () => {
    const one = controller({ ttlSeconds: 2 });
    const term = await act(one, "a");
    one.server.fault = "cut";
    await term.resign();
    expect(term.isHeld()).toBe(false);
    expect((await act(controller(), "b")).isHeld()).toBe(true);
  });

  it("waits for an etcd that is away at the start, and says that it is", async () => {
    const one = controller();
    one.server.fault = "cut";
    const term = act(one, "a");
    const problem = await until("a problem", () => one.backend.problem());
    expect(problem).toMatchObject({ code: "ERR_STATE_UNREACHABLE" });
    one.server.fault = "none";
    expect((await term).isHeld()).toBe(true);
    expect(one.backend.problem()).toBeNull();
  });
});

describe("who stands by at an etcd", () => {
  async function watching(one: Controller) {
    const views: SiteView[] = [];
    const watch = one.backend.watch((view) => views.push(view));
    await until("a view", () => views.at(-1));
    return { watch, generation: () => views.at(-1)?.memories.get(KEY)?.generation };
  }

  it("sees what came while its connection was broken, also when history is forgotten", async () => {
    const term = await act(controller(), "a");
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    const one = controller();
    const { generation } = await watching(one);
    expect(generation()).toBe(1);
    one.server.fault = "cut";
    await term.state.memories.save(KEY, memoryOf(KEY, 2));
    one.server.fault = "none";
    one.server.breakStreams();
    await until("what came meanwhile", () => generation() === 2);
    one.server.fault = "cut";
    await term.state.memories.save(KEY, memoryOf(KEY, 3));
    await term.state.memories.remove(KEY);
    etcd.compact();
    one.server.fault = "none";
    one.server.breakStreams();
    await until("that it is gone", () => generation() === undefined);
  });

  it("knows that its view is old when etcd is silent, and follows again by itself", async () => {
    const term = await act(controller({ ttlSeconds: 60 }), "a");
    const one = controller();
    const { watch, generation } = await watching(one);
    expect(watch.freshness()).toEqual({ isFresh: true });
    one.server.fault = "cut";
    await until("that it is old", () => !watch.freshness().isFresh);
    await term.state.memories.save(KEY, memoryOf(KEY, 2));
    one.server.fault = "none";
    await until("the view", () => generation() === 2 && watch.freshness().isFresh);
  });

  it("goes on with the last view when a memory is damaged, and says which", async () => {
    const term = await act(controller(), "a");
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    const { watch, generation } = await watching(controller());
    put(keys.memory(KEY), "{");
    await until("that it is told", () => {
      const freshness = watch.freshness();
      return !freshness.isFresh && freshness.reason.includes(keys.memory(KEY));
    });
    expect(generation()).toBe(1);
    await term.state.memories.save(KEY, memoryOf(KEY, 2));
    await until("the mended one", () => generation() === 2 && watch.freshness().isFresh);
  });
});

describe("the control token", () => {
  it("is the first controller's, for all of the site", async () => {
    const [first, second] = ["A".repeat(43), "B".repeat(43)];
    expect(await controller().backend.shareControlToken(first)).toBe(first);
    expect(await controller().backend.shareControlToken(second)).toBe(first);
  });
});
