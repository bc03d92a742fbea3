import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../support/poll.ts";
import { ask, at, openWebSocket, startProxy } from "./harness.ts";
import { startJupyter, startTcp } from "./upstreams.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyTo(options: Parameters<typeof startJupyter>[0] = {}) {
  const jupyter = await startJupyter(options);
  const proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  return { jupyter, proxy };
}

describe("WebSockets through the proxy", () => {
  test("carry text and binary, with the subprotocol that Jupyter chose", async () => {
    const { proxy } = await proxyTo();
    const { socket, next } = await openWebSocket(proxy, "/", ["v1.kernel.websocket.jupyter.org"]);
    expect(socket.protocol).toBe("v1.kernel.websocket.jupyter.org");
    socket.send("grüße");
    expect((await next()).toString()).toBe("grüße");
    socket.send(Buffer.from([0, 1, 2]));
    expect(await next()).toEqual(Buffer.from([0, 1, 2]));
    socket.terminate();
  });

  test("carry messages of many megabytes whole", async () => {
    const { proxy } = await proxyTo();
    const { socket, next } = await openWebSocket(proxy);
    const big = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef");
    socket.send(big);
    expect((await next()).equals(big)).toBe(true);
    socket.terminate();
  });

  test("keep compression between browser and Jupyter", async () => {
    const { proxy } = await proxyTo({ deflate: true });
    const options = { perMessageDeflate: { threshold: 0 } };
    const { socket, next } = await openWebSocket(proxy, "/", [], options);
    expect(socket.extensions).toContain("permessage-deflate");
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
    socket.send(noise);
    expect((await next()).equals(noise)).toBe(true);
    socket.terminate();
  });

  test("offer Jupyter no extension that the proxy does not know", async () => {
    const seen: (string | undefined)[] = [];
    const { proxy, jupyter } = await proxyTo();
    jupyter.server.prependListener("upgrade", (request) => {
      seen.push(request.headers["sec-websocket-extensions"]);
    });
    const headers = { "Sec-WebSocket-Extensions": "x-unknown; a=1, permessage-deflate; b=2" };
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    socket.write(upgradeRequest(headers));
    await until("the upgrade at Jupyter", () => seen[0]);
    expect(seen).toEqual(["permessage-deflate; b=2"]);
    socket.destroy();
  });

  test("bring Host and Origin as the browser sent them, so that Jupyter accepts them", async () => {
    const { proxy, jupyter } = await proxyTo();
    const heads: unknown[] = [];
    jupyter.server.prependListener("upgrade", ({ url, headers }) => {
      heads.push([url, headers.host, headers.origin, headers.cookie, headers["x-forwarded-for"]]);
    });
    const headers = { Host: "lab.example:8888", Cookie: "_xsrf=1" };
    const origin = "http://lab.example:8888";
    const path = "/api/kernels/1/channels?session_id=2";
    const { socket } = await openWebSocket(proxy, path, [], { headers, origin });
    expect(heads).toEqual([[path, "lab.example:8888", origin, "_xsrf=1", "127.0.0.1"]]);
    socket.terminate();
  });

  test("end with Jupyter's own code when Jupyter closes them", async () => {
    const { proxy } = await proxyTo({ onWebSocket: (socket) => socket.close(4001, "no kernel") });
    const { closed } = await openWebSocket(proxy);
    expect(await closed).toEqual({ code: 4001, reason: "no kernel" });
  });

  test("tell Jupyter when the browser closes them", async () => {
    const codes: number[] = [];
    const { proxy } = await proxyTo({
      onWebSocket: (socket) => socket.on("close", (code) => codes.push(code)),
    });
    const { socket, closed } = await openWebSocket(proxy);
    socket.close(1000);
    await closed;
    await until("the close at Jupyter", () => codes[0]);
    expect(codes).toEqual([1000]);
  });

  test("end with 1012 when Jupyter is killed", async () => {
    const { proxy, jupyter } = await proxyTo();
    const { closed } = await openWebSocket(proxy);
    await jupyter.kill();
    expect((await closed).code).toBe(1012);
  });

  test("end with 1012 when the target is dropped, though it still lives", async () => {
    const { proxy, jupyter } = await proxyTo();
    const { closed } = await openWebSocket(proxy);
    proxy.dropTarget(jupyter.ip);
    expect((await closed).code).toBe(1012);
  });

  test("end with 1012 when another node leads, and connect to that one afterwards", async () => {
    const { proxy } = await proxyTo();
    const successor = await startJupyter({
      ip: "127.0.0.2",
      onWebSocket: (s) => s.send("successor"),
    });
    cleanups.push(successor.kill);
    const { closed } = await openWebSocket(proxy);
    proxy.setTarget(at(successor, 2));
    expect((await closed).code).toBe(1012);
    const { socket, next } = await openWebSocket(proxy);
    expect((await next()).toString()).toBe("successor");
    socket.terminate();
  });

  test("get a clean 1012 even when the target dies in the middle of a frame", async () => {
    // 100 of the 5000 bytes that the frame's header announces, and then the end.
    const half = Buffer.concat([Buffer.from([0x82, 126, 0x13, 0x88]), Buffer.alloc(100, 1)]);
    const { proxy } = await proxyTo();
    const target = await startTcp((socket) => {
      socket.on("error", () => {});
      socket.once("data", (request: Buffer) => {
        const key = /sec-websocket-key: (.+)\r\n/i.exec(request.toString())?.[1] ?? "";
        void accept(key).then((value) => {
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${value}\r\n\r\n`,
          );
          socket.end(half);
        });
      });
    }, "127.0.0.3");
    cleanups.push(target.close);
    proxy.setTarget(at(target, 2));
    const { closed } = await openWebSocket(proxy);
    expect((await closed).code).toBe(1012);
  });

  test("are opened as soon as there is a target, when there was none", async () => {
    const { proxy, jupyter } = await proxyTo();
    proxy.dropTarget(jupyter.ip);
    const opening = openWebSocket(proxy);
    await until("held", () => proxy.stats().held === 1);
    proxy.setTarget(at(jupyter, 1));
    const { socket, next } = await opening;
    socket.send("hello");
    expect((await next()).toString()).toBe("hello");
    socket.terminate();
  });

  test("that nobody waits for any more are held no longer", async () => {
    const { proxy, jupyter } = await proxyTo();
    proxy.dropTarget(jupyter.ip);
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    socket.write(upgradeRequest({}));
    await until("held", () => proxy.stats().held === 1);
    socket.end();
    await until("let go", () => proxy.stats().held === 0);
    await until("closed", () => proxy.stats().connections === 0);
  });

  test("that Jupyter refuses get Jupyter's own answer", async () => {
    const target = await startJupyter({ ip: "127.0.0.4" });
    target.server.removeAllListeners("upgrade");
    target.server.on("upgrade", (_, socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nX-Why: token\r\n\r\nsecret");
    });
    const proxy = await startProxy();
    cleanups.push(target.kill, () => proxy.close());
    proxy.setTarget(at(target, 1));
    const answer = await ask(proxy, {
      headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
    });
    expect([answer.status, answer.headers["x-why"], answer.body.toString()]).toEqual([
      403,
      "token",
      "secret",
    ]);
  });

  test("work by the hundred at the same time", async () => {
    const { proxy } = await proxyTo();
    const all = await Promise.all(Array.from({ length: 200 }, () => openWebSocket(proxy)));
    all.forEach(({ socket }, i) => socket.send(`message ${i}`));
    const echoed = await Promise.all(all.map(({ next }) => next()));
    expect(echoed.map(String)).toEqual(all.map((_, i) => `message ${i}`));
    expect(proxy.stats().webSockets).toBe(200);
    for (const { socket } of all) socket.close();
    await until("all closed", () => proxy.stats().webSockets === 0);
  });
});

function upgradeRequest(headers: Record<string, string>): string {
  const all = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET / HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function accept(key: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
