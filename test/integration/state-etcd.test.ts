/** The state in a real etcd of a site, with the faults of one. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { FormatRecord } from "../../controller/model/state-format.ts";
import type { EtcdBackend } from "../../controller/store/etcd/etcd-backend.ts";
import { Etcd3Server } from "../../controller/store/etcd/etcd3-server.ts";
import { SiteKeys } from "../../controller/store/etcd/keys.ts";
import { openEtcd } from "../../controller/store/etcd/open-etcd.ts";
import type { WatchEnd } from "../../controller/store/etcd/store-etcd.ts";
import type { SiteView, Term } from "../../controller/store/state-backend.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { sealJson, unsealJson } from "../../controller/support/files/sealed-json.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";
import { describeStateBackend } from "../support/store/backend-contract.ts";
import { controllerOn, memoryOf, objectOf } from "../support/store/fixtures.ts";
import { SiteEtcd } from "../support/store/site-etcd.ts";

const KEY = "default/lab";
const docker = new Docker();
const run = `state-etcd-${randomBytes(3).toString("hex")}`;
const never = new AbortController().signal;
let etcd: SiteEtcd;
let three: SiteEtcd;
let sites = 0;
const terms: Term[] = [];
const backends: EtcdBackend[] = [];

beforeAll(async () => {
  const common = { docker, image: inject("agentImage"), run };
  etcd = await SiteEtcd.start(common);
  three = await SiteEtcd.start({ ...common, count: 3 });
});

afterEach(async () => {
  for (const term of terms.splice(0)) await term.resign();
  for (const backend of backends.splice(0)) await backend.close();
});

afterAll(async () => {
  await etcd.close();
  await three.close();
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
});

function newPrefix(): string {
  sites += 1;
  return `/site-${sites}`;
}

function open(prefix: string, { ttlSeconds = 10, waits = true, of = etcd } = {}): EtcdBackend {
  const target = { kind: "etcd", servers: of.addresses, prefix, auth: null, tls: null } as const;
  const options = { ttlSeconds, masters: "local", waits, clock: systemClock, log: silentLog };
  const backend = openEtcd(target, options);
  backends.push(backend);
  return backend;
}

async function act(backend: EtcdBackend, hostname: string): Promise<Term> {
  const term = await backend.campaign(controllerOn(hostname), never);
  terms.push(term);
  return term;
}

/** Of a test's end: a campaign that it does not wait for. */
function campaign(backend: EtcdBackend, hostname: string): { term: () => Term | null } {
  let term: Term | null = null;
  const given = act(backend, hostname).then(
    (one) => {
      term = one;
    },
    () => undefined,
  );
  void given;
  return { term: () => term };
}

describeStateBackend("a real etcd", async () => {
  const prefix = newPrefix();
  const keys = new SiteKeys(prefix);
  const put = async (key: string, value: string) => {
    await etcd.hand.put(key).value(value);
  };
  return {
    open: async (waits) => open(prefix, { waits }),
    writeVersion: (version) => put(keys.format, sealJson({ version })),
    format: async () =>
      unsealJson((await etcd.hand.get(keys.format).string()) ?? "{}") as FormatRecord,
    writeMark: (mark) => put(keys.moved, sealJson(mark)),
    damage: async (key) => {
      await put(keys.memory(key), "{");
      return keys.memory(key);
    },
    remove: async () => undefined,
  };
});

describe("the state in an etcd that fails", () => {
  it("ends the term within the lease when etcd is killed, and is all there when it is back", async () => {
    const prefix = newPrefix();
    const backend = open(prefix, { ttlSeconds: 3 });
    const term = await act(backend, "a");
    await term.state.memories.save(KEY, memoryOf(KEY));
    await etcd.one.kill();
    try {
      const lost = await term.lost;
      expect(lost).toMatchObject({ code: "ERR_NOT_ACTING" });
      expect(term.isHeld()).toBe(false);
      expect(backend.problem()).toMatchObject({ code: "ERR_STATE_UNREACHABLE" });
      const refused = { code: "ERR_NOT_ACTING" };
      await expect(term.state.memories.save(KEY, memoryOf(KEY, 2))).rejects.toMatchObject(refused);
    } finally {
      await etcd.one.start();
    }
    const again = await act(backend, "a");
    expect(again.number).toBeGreaterThan(term.number);
    expect(again.state.stored.memories.get(KEY)).toEqual(memoryOf(KEY));
    expect(backend.problem()).toBeNull();
  });

  it("ends the term when etcd hangs, before anybody else acts", async () => {
    const prefix = newPrefix();
    const term = await act(open(prefix, { ttlSeconds: 3 }), "a");
    const other = campaign(open(prefix, { ttlSeconds: 3 }), "b");
    await etcd.one.suspend();
    try {
      await term.lost;
      expect(term.isHeld()).toBe(false);
      expect(other.term()).toBeNull();
    } finally {
      await etcd.one.resume();
    }
    await until("another acts", () => other.term());
    expect(other.term()?.number).toBeGreaterThan(term.number);
  });

  it("goes to the one that waits when the lease is gone, and refuses the writes of the former", async () => {
    const prefix = newPrefix();
    const term = await act(open(prefix), "a");
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    const other = campaign(open(prefix), "b");
    const [key = ""] = await etcd.hand
      .getAll()
      .prefix(new SiteKeys(prefix).controllers.start)
      .keys();
    await etcd.hand.leaseClient.leaseRevoke({ ID: key.slice(key.lastIndexOf("/") + 1) });
    await until("another acts", () => other.term());
    await other.term()?.state.memories.save(KEY, memoryOf(KEY, 2));
    const late = term.state.memories.save(KEY, memoryOf(KEY, 3));
    await expect(late).rejects.toMatchObject({ code: "ERR_NOT_ACTING" });
    await expect(term.lost).resolves.toMatchObject({ code: "ERR_NOT_ACTING" });
    await other.term()?.resign();
    const third = await act(open(prefix), "c");
    expect(third.state.stored.memories.get(KEY)).toEqual(memoryOf(KEY, 2));
  });

  it("is waited for when it is away at the start, and said to be", async () => {
    const backend = open(newPrefix());
    await etcd.one.kill();
    const first = campaign(backend, "a");
    const watch = backend.watch(() => undefined);
    try {
      await until("a problem", () => backend.problem()?.code === "ERR_STATE_UNREACHABLE");
      expect(watch.freshness().isFresh).toBe(false);
      expect(first.term()).toBeNull();
    } finally {
      await etcd.one.start();
    }
    await until("it acts", () => first.term());
    await until("the view is fresh", () => watch.freshness().isFresh);
  });

  it("is seen by those who stand by while servers end and history is forgotten", async () => {
    const prefix = newPrefix();
    const views: SiteView[] = [];
    const watch = open(prefix).watch((view) => views.push(view));
    const term = await act(open(prefix, { ttlSeconds: 60 }), "a");
    for (let round = 1; round <= 3; round += 1) {
      await term.state.memories.save(KEY, memoryOf(KEY, round));
      await until("the memory", () => views.at(-1)?.memories.get(KEY)?.generation === round);
      await etcd.one.kill();
      await etcd.one.start();
      await until("a write", () => term.state.memories.remove(KEY).then(() => true));
      await etcd.compact();
      await until("its removal", () => views.at(-1)?.memories.size === 0);
    }
    await until("a fresh view", () => watch.freshness().isFresh);
  });

  it("tells a watch that history is forgotten apart from a lost one", async () => {
    const prefix = newPrefix();
    const keys = new SiteKeys(prefix);
    const { header } = await etcd.hand.put(`${prefix}/x`).value("1");
    await etcd.hand.put(`${prefix}/x`).value("2");
    await etcd.compact();
    const server = new Etcd3Server({ server: etcd.one.address, auth: null, tls: null });
    const ends: WatchEnd[] = [];
    const told = { onAlive: () => undefined, onChanges: () => undefined };
    server.watch(keys.all, Number(header.revision), { ...told, onEnd: (end) => ends.push(end) });
    await until("its end", () => ends.length === 1);
    expect(ends[0]?.kind).toBe("compacted");
    server.close();
  });

  it("refuses what is too large for it, and says what to do", async () => {
    const { state } = await act(open(newPrefix()), "a");
    const large = { ...memoryOf(KEY), uid: randomBytes(1_000_000).toString("hex") };
    await expect(state.memories.save(KEY, large)).rejects.toMatchObject({
      code: "ERR_STATE_UNWRITABLE",
      message: expect.stringContaining("--max-request-bytes"),
    });
    await state.memories.save(KEY, memoryOf(KEY));
  });
});

describe("the state in an etcd of three", () => {
  it("goes on in one term while one server after the other is killed", async () => {
    const prefix = newPrefix();
    const views: SiteView[] = [];
    open(prefix, { of: three }).watch((view) => views.push(view));
    const term = await act(open(prefix, { of: three, ttlSeconds: 20 }), "a");
    let round = 0;
    for (const server of three.servers) {
      await server.kill();
      round += 1;
      const generation = round;
      const save = () => term.state.memories.save(KEY, memoryOf(KEY, generation)).then(() => true);
      await until("a write", save);
      term.publish(objectOf(KEY, `Round${generation}`), []);
      await until("those who stand by see it", () => {
        const view = views.at(-1);
        const phase = view?.published[0]?.object.status.phase as string | undefined;
        return view?.memories.get(KEY)?.generation === generation && phase === `Round${generation}`;
      });
      await server.start();
    }
    expect(term.isHeld()).toBe(true);
  });

  it("goes on while one server hangs", async () => {
    const prefix = newPrefix();
    const views: SiteView[] = [];
    open(prefix, { of: three }).watch((view) => views.push(view));
    const term = await act(open(prefix, { of: three, ttlSeconds: 20 }), "a");
    for (const [round, server] of three.servers.entries()) {
      await server.suspend();
      try {
        const save = () => term.state.memories.save(KEY, memoryOf(KEY, round)).then(() => true);
        await until("a write", save);
        await until("the view", () => views.at(-1)?.memories.get(KEY)?.generation === round);
      } finally {
        await server.resume();
      }
    }
    expect(term.isHeld()).toBe(true);
  });
});
