import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../../controller/api/server.ts";
import { until } from "../../support/poll.ts";
import { BASE, startApi } from "./harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started() {
  const all = await startApi();
  cleanups.push(() => all.api.close());
  return all;
}

/** The lines of a watch as they come. */
async function watch(api: ApiServer, path: string) {
  const controller = new AbortController();
  cleanups.push(() => controller.abort());
  const response = await fetch(`${api.url}${path}`, { signal: controller.signal });
  const lines: { type: string; object: { metadata: { name: string } } }[] = [];
  const ended = (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split("\n");
      text = parts.pop() ?? "";
      lines.push(...parts.map((part) => JSON.parse(part) as (typeof lines)[number]));
    }
  })();
  const told = () => lines.map(({ type, object }) => `${type} ${object.metadata.name}`);
  ended.catch(() => {});
  return { response, lines, told, ended };
}

describe("a watch", () => {
  test("tells what there is as ADDED, and then every change of its namespace", async () => {
    const { api, publish, published } = await started();
    publish();
    const { response, told } = await watch(
      api,
      `${BASE}/namespaces/default/jupyterclusters?watch=true`,
    );
    expect(response.headers.get("content-type")).toBe("application/json");
    publish({ name: "foreign", namespace: "team" });
    publish({ generation: 2 });
    publish({ name: "second" });
    published.remove("default/lab");
    await until("four lines", () => told().length === 4);
    expect(told()).toEqual(["ADDED lab", "MODIFIED lab", "ADDED second", "DELETED lab"]);
  });

  test("of all namespaces tells of all", async () => {
    const { api, publish } = await started();
    const { told } = await watch(api, `${BASE}/jupyterclusters?watch=true`);
    publish({ name: "foreign", namespace: "team" });
    publish();
    await until("two lines", () => told().length === 2);
    expect(told()).toEqual(["ADDED foreign", "ADDED lab"]);
  });

  test("ends when its time is over", async () => {
    const { api, publish } = await started();
    publish();
    const query = "watch=true&timeoutSeconds=1";
    const { told, ended } = await watch(api, `${BASE}/jupyterclusters?${query}`);
    await ended;
    expect(told()).toEqual(["ADDED lab"]);
  });

  test("ends whole when the server is closed", async () => {
    const { api, publish } = await started();
    publish();
    const { told, ended } = await watch(api, `${BASE}/jupyterclusters?watch=true`);
    await until("the first line", () => told().length === 1);
    await api.close();
    await ended;
    expect(told()).toEqual(["ADDED lab"]);
  });

  test("whose client does not read is dropped, while others go on", async () => {
    const { api, publish } = await started();
    const { told } = await watch(api, `${BASE}/jupyterclusters?watch=true`);
    const slow = await openRaw(api, `${BASE}/jupyterclusters?watch=true`);
    await until("the slow watch is open", () => slow.bytesRead > 0);
    slow.pause();
    const dropped = new Promise((resolve) => slow.once("close", resolve));
    const padding = "x".repeat(512 * 1024);
    let published = 0;
    // More than the kernel's buffers and ours take together.
    while (published < 60) {
      publish({ spec: { padding, replicas: published } });
      published += 1;
      const seen = published;
      await until("the reader keeps up", () => told().length === seen);
    }
    slow.resume();
    await dropped;
    expect(told()).toHaveLength(60);
  });

  test("beyond the bound is refused, and possible again when one has ended", async () => {
    const { api } = await started();
    const path = `${BASE}/jupyterclusters?watch=true`;
    const sockets = await Promise.all(Array.from({ length: 128 }, () => openRaw(api, path)));
    await until("all are open", () => sockets.every((socket) => socket.bytesRead > 0));
    expect((await fetch(`${api.url}${path}`)).status).toBe(429);
    sockets[0]?.destroy();
    await until("there is room again", async () => {
      const { response } = await watch(api, path);
      return response.status === 200;
    });
  });
});

async function openRaw(api: ApiServer, path: string): Promise<Socket> {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  cleanups.push(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.on("error", () => {});
  socket.on("data", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}
