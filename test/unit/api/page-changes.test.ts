/** The stream of changes: what a page that hears it knows is what is published. */
import { createServer, get as httpGet, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ChangeStream } from "../../../controller/api/page/change-stream.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import type { PageController } from "../../../controller/model/page-stream.ts";
import type { ClusterEvent } from "../../../controller/model/resource.ts";
import {
  type Frame,
  NOTHING,
  type PageModel,
  reduce,
} from "../../../controller/page/state/reduce.ts";
import { clusterObject, event, type FixtureOptions, node } from "../cli/cluster-fixture.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { systemClock } from "../../../controller/support/clock.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const CONTROLLER: PageController = {
  version: "1.2.3",
  startedAt: "2026-01-02T03:04:05Z",
  role: "acting",
  mesos: { master: "local", registered: true },
  proxies: [],
  controllers: [],
};

async function started() {
  const published = new PublishedStore({ lastResourceVersion: 100 });
  const stream = new ChangeStream({
    published,
    controller: () => Promise.resolve(CONTROLLER),
    readings: () => new Map(),
    clock: systemClock,
    log: silentLog,
  });
  const server = createServer((request, response) => {
    void stream.open({ request, response, params: {}, query: new URLSearchParams() });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => server.closeAllConnections(),
    () => stream.close(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = (options: FixtureOptions, events: readonly ClusterEvent[] = []) =>
    published.publish(clusterObject(options), events);
  return { stream, url, published, publish };
}

/** A page, as a browser's EventSource feeds it. */
class Page {
  model: PageModel = NOTHING;
  readonly types: string[] = [];
  lastId = "";
  private incoming: IncomingMessage | null = null;
  private text = "";

  async open(url: string, lastEventId?: string): Promise<this> {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(url, { headers }, resolve).once("error", reject);
    });
    this.incoming = incoming;
    cleanups.push(() => incoming.destroy());
    incoming.on("error", () => undefined);
    incoming.on("data", (chunk: Buffer) => this.take(chunk.toString()));
    return this;
  }

  close(): void {
    this.incoming?.destroy();
  }

  /** What it shows of one cluster. */
  cluster(key = "default/lab") {
    return this.model.clusters.get(key);
  }

  private take(chunk: string): void {
    const blocks = (this.text + chunk).split("\n\n");
    this.text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const [type, data] = [field("event"), field("data")];
      if (type === undefined || data === undefined) continue;
      this.lastId = field("id") ?? this.lastId;
      this.types.push(type);
      this.model = reduce(this.model, { type, data: JSON.parse(data) } as Frame);
    }
  }
}

test("a page knows what there is, and then what changes, in parts", async () => {
  const { url, published, publish } = await started();
  publish({}, [event("first")]);
  const page = await new Page().open(url);
  await until("the state is there", () => page.types.includes("state"));
  const nodes = [0, 1].map((slot) => node("lab", slot, { phase: "Launching", ready: false }));
  const events = [event("first", { count: 2 }), event("second")];
  publish({ status: { nodes, leader: null, readyReplicas: 0 } }, events);
  publish({ name: "other", spec: { replicas: 5 } });
  await until("the changes are there", () => page.cluster("default/other") !== undefined);
  for (const { metadata, ...object } of published.list()) {
    const shown = page.cluster(`${metadata.namespace}/${metadata.name}`)?.object;
    expect(shown).toMatchObject({ ...object, metadata: { name: metadata.name } });
  }
  expect(page.cluster()?.events).toEqual(events);
  published.remove("default/other");
  await until("it is gone", () => page.cluster("default/other") === undefined);
  expect(page.types.filter((type) => type === "state")).toHaveLength(1);
});

test("a page is not told what it knows", async () => {
  const { url, publish } = await started();
  publish({});
  const page = await new Page().open(url);
  await until("the state is there", () => page.types.length === 1);
  publish({});
  publish({ status: { readyReplicas: 2 } });
  await until("the change is there", () => page.cluster()?.object.status.readyReplicas === 2);
  expect(page.types).toEqual(["state", "cluster"]);
});

test("a page that was away for a moment goes on where it was", async () => {
  const { url, publish } = await started();
  publish({});
  const watching = await new Page().open(url);
  const page = await new Page().open(url);
  await until("both know", () => page.types.length === 1 && watching.types.length === 1);
  const { lastId } = page;
  page.close();
  publish({ status: { readyReplicas: 1 } });
  await until("the other has heard", () => watching.types.length === 2);
  await page.open(url, lastId);
  await until("it knows too", () => page.cluster()?.object.status.readyReplicas === 1);
  expect(page.types).toEqual(["state", "cluster"]);
});

test("a page that was away while nobody looked begins anew, as does one of another process", async () => {
  const { stream, url, publish } = await started();
  publish({});
  const page = await new Page().open(url);
  await until("it knows", () => page.types.length === 1);
  page.close();
  await until("nobody looks", () => stream.size === 0);
  publish({ status: { readyReplicas: 1 } });
  await page.open(url, page.lastId);
  await until("it knows what there is", () => page.cluster()?.object.status.readyReplicas === 1);
  const foreign = await new Page().open(url, "another-7");
  await until("so does the foreign one", () => foreign.types.length === 1);
  expect([page.types, foreign.types]).toEqual([["state", "state"], ["state"]]);
});

test("fifty pages cost one look at what has changed", async () => {
  const { url, published, publish } = await started();
  publish({});
  const pages = await Promise.all(Array.from({ length: 50 }, () => new Page().open(url)));
  await until("all know", () => pages.every(({ types }) => types.length === 1));
  let looks = 0;
  const get = published.get.bind(published);
  published.get = (key) => {
    looks += 1;
    return get(key);
  };
  publish({ status: { readyReplicas: 2 } });
  await until("all have heard", () => pages.every(({ types }) => types.length === 2));
  expect(looks).toBe(1);
});
