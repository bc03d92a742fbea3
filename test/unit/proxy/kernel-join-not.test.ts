import { afterEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../../controller/proxy/limits.ts";
import { until } from "../../support/poll.ts";
import { at, openWebSocket } from "./harness.ts";
import { BINARY, cleanUp, cleanups, kernelServer, proxyTo, take } from "./kernel-join-harness.ts";
import { CHANNELS, frame, V1, type Visit, v1 } from "./kernel-server.ts";
import { startJupyter, startTcp } from "./upstreams.ts";

afterEach(cleanUp);

describe("a page's WebSocket is closed with 1012", () => {
  test("when its server knows nothing of joins", async () => {
    const server = await kernelServer(({ socket }) => socket.end(), { headers: () => "" });
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.closed).code).toBe(1012);
    expect(server.visits).toHaveLength(1);
  });

  test("when the next server knows nothing of joins", async () => {
    const headers = (join: Visit["join"]) =>
      join === null ? "X-Jupyter-Cluster-Joined: false\r\n" : "";
    const server = await kernelServer(({ socket, join }) => join ?? socket.end(), { headers });
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.closed).code).toBe(1012);
    expect(server.visits).toHaveLength(2);
  });

  test("when the next server has no such kernel", async () => {
    const old = await kernelServer(() => {});
    const next = await startJupyter({ ip: "127.0.0.2" });
    next.server.removeAllListeners("upgrade");
    next.server.on("upgrade", (_, socket) => {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    cleanups.push(next.kill);
    const proxy = await proxyTo(old);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    proxy.setTarget(at(next, 2));
    expect((await page.closed).code).toBe(1012);
  });

  test("when no server leads within the hold time", async () => {
    const server = await kernelServer(() => {});
    const proxy = await proxyTo(server, 100);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    proxy.dropTarget(server.ip);
    expect((await page.closed).code).toBe(1012);
  });

  test("when it has half of a message that is too large to be kept", async () => {
    const large = Buffer.alloc(LIMITS.join.wholeBytesMax + 1);
    v1("iopub", "large").copy(large);
    const begun = frame(BINARY, large).subarray(0, 1_000_000);
    const server = await kernelServer(({ socket }) => socket.end(begun));
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.closed).code).toBe(1012);
    expect(server.visits).toHaveLength(1);
  });

  test("but not when such a message has passed to its end", async () => {
    const large = v1("iopub", "large", "x".repeat(LIMITS.join.wholeBytesMax));
    const server = await kernelServer(({ socket, join }) => {
      if (join === null) socket.end(frame(BINARY, large));
      else socket.write(frame(BINARY, v1("iopub", `after ${join.iopub}`)));
    });
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.next()).equals(large)).toBe(true);
    expect(await take(page, 1)).toEqual(["after large"]);
    page.socket.terminate();
  });

  test("when the server said what nobody can make out", async () => {
    const server = await kernelServer(({ socket }) => socket.end(frame(BINARY, Buffer.from("?"))));
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.closed).code).toBe(1012);
  });

  test("when servers are lost time and again", async () => {
    const server = await kernelServer(({ socket }) => socket.end());
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect((await page.closed).code).toBe(1012);
    expect(server.visits).toHaveLength(LIMITS.join.timesMax + 1);
  });

  test("when it is a terminal's", async () => {
    const server = await kernelServer(({ socket }) => socket.end());
    const page = await openWebSocket(await proxyTo(server), "/terminals/websocket/1", [V1]);
    expect((await page.closed).code).toBe(1012);
  });

  test("when the proxy closes, held or not", async () => {
    const server = await kernelServer(() => {});
    const proxy = await proxyTo(server);
    const pages = [await openWebSocket(proxy, CHANNELS, [V1])];
    proxy.dropTarget(server.ip);
    await until("the server's end", () => server.sockets.size === 0);
    proxy.setTarget(at(server, 2));
    await until("joined", () => server.visits.length === 2);
    pages.push(await openWebSocket(proxy, CHANNELS, [V1]));
    proxy.dropTarget(server.ip);
    const closing = proxy.close();
    for (const page of pages) expect((await page.closed).code).toBe(1012);
    await closing;
  });
});

test("a browser that breaks the protocol is cut off, held or not", async () => {
  const server = await kernelServer(() => {});
  const proxy = await proxyTo(server);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  (page.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
    frame(BINARY, Buffer.from("not masked")),
  );
  expect((await page.closed).code).toBe(1006);
  await until("let go", () => proxy.stats().webSockets === 0);
});

test("a target that swallows what it is sent does not hold a page for ever", async () => {
  const old = await kernelServer(() => {});
  const mute = await startTcp(() => {}, "127.0.0.3");
  cleanups.push(mute.close);
  const proxy = await proxyTo(old);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  proxy.setTarget(at(mute, 2));
  await until("asked", () => mute.sockets.size > 0);
  proxy.setTarget(at(old, 3));
  await until("joined", () => old.visits.length === 2);
  page.socket.terminate();
});
