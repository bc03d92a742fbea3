/** Who waits is not hung up on, however long; who owes the rest of what he began is. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, at, openWebSocket, startProxy } from "./harness.ts";
import { type FakeJupyterOptions, startJupyter, startTcp } from "./upstreams.ts";

/** In place of ten minutes. */
const IDLE_MS = 150;
vi.mock("../../../controller/proxy/limits.ts", async (original) => {
  const { LIMITS } = await original<typeof import("../../../controller/proxy/limits.ts")>();
  return { LIMITS: { ...LIMITS, idleMs: 150 } };
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyTo(options: FakeJupyterOptions = {}) {
  const jupyter = await startJupyter(options);
  const proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  return proxy;
}

/** The one thing that time itself is the input of: several times the limit, without a byte. */
const longSilence = () => delay(4 * IDLE_MS);

describe("a silence that is longer than any limit", () => {
  test("does not end a WebSocket that nobody pings", async () => {
    const proxy = await proxyTo();
    const { socket, next } = await openWebSocket(proxy);
    await longSilence();
    socket.send("still there?");
    expect((await next()).toString()).toBe("still there?");
    socket.terminate();
  });

  test("does not end a request whose answer takes its time", async () => {
    const proxy = await proxyTo({
      onRequest: (request, response) => {
        request.resume();
        void longSilence().then(() => response.end("done"));
      },
    });
    expect((await ask(proxy, { method: "POST", body: "work" })).body.toString()).toBe("done");
  });

  test("does not end an answer that pauses, as a stream of events does", async () => {
    const proxy = await proxyTo({
      onRequest: (_, response) => {
        response.write("one ");
        void longSilence().then(() => response.end("two"));
      },
    });
    expect((await ask(proxy)).body.toString()).toBe("one two");
  });

  test("ends an upload that does not go on", async () => {
    const proxy = await proxyTo({ onRequest: (request) => request.resume() });
    const client = await begin(
      proxy,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    );
    await once(client, "close");
    await vi.waitFor(() => expect(proxy.stats()).toMatchObject({ active: 0, connections: 0 }));
  });

  test("ends a big upload that the target does not take", async () => {
    const stuck = await startTcp((socket) => socket.pause());
    const proxy = await startProxy();
    proxy.setTarget(at(stuck, 1));
    cleanups.push(stuck.close, () => proxy.close());
    const asked = ask(proxy, { method: "POST", body: Buffer.alloc(64 * 1024 * 1024) });
    // Told or hung up on: both ends of the proxy are silent for as long.
    await asked.catch(() => null);
    await vi.waitFor(() => expect(proxy.stats()).toMatchObject({ active: 0, connections: 0 }));
  });

  test("ends an answer that the client does not read", async () => {
    const proxy = await proxyTo({
      onRequest: (_, response) => response.end(Buffer.alloc(64 * 1024 * 1024)),
    });
    const client = await begin(proxy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.pause();
    await vi.waitFor(
      () => expect(proxy.stats()).toMatchObject({ active: 0, connections: 0 }),
      5000,
    );
    client.destroy();
  });
});

async function begin(
  proxy: Awaited<ReturnType<typeof startProxy>>,
  request: string,
): Promise<Socket> {
  const socket = connect(proxy.status().port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  socket.write(request, "latin1");
  await vi.waitFor(() => expect(proxy.stats().connections).toBe(1));
  return socket;
}
