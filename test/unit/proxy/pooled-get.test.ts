/** GETs over kept connections: bodies pass unchanged whatever the pace, and no answer goes to another request. */
import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ask, at, open, startProxy } from "./harness.ts";
import { startJupyter, startTcp } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyTo(target: { readonly ip: string; readonly port: number }) {
  const proxy = await startProxy();
  cleanups.push(() => proxy.close());
  proxy.setTarget(at(target, 1));
  return proxy;
}

const hashOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const MIB = 2 ** 20;

/** In pieces of all sizes, as fast as they are taken. */
function send(response: ServerResponse, bytes: Buffer): void {
  let at = 0;
  const next = () => {
    while (at < bytes.length) {
      const size = 1 + ((at * 7919) % (200 * 1024));
      const piece = bytes.subarray(at, at + size);
      at += piece.length;
      if (!response.write(piece)) return void response.once("drain", next);
    }
    response.end();
  };
  next();
}

describe("large bodies", () => {
  test.each([true, false])(
    "pass unchanged to readers of any pace (a known length: %s)",
    async (known) => {
      const bodies = new Map([0, 1, 2, 3].map((i) => [`/${i}`, randomBytes((6 + i) * MIB)]));
      const jupyter = await startJupyter({
        onRequest: ({ url = "" }, response) => {
          const bytes = bodies.get(url) ?? Buffer.alloc(0);
          if (known) response.setHeader("Content-Length", bytes.length);
          send(response, bytes);
        },
      });
      cleanups.push(jupyter.kill);
      const proxy = await proxyTo(jupyter);
      const hashes = [...bodies.keys()].map(async (path, i) => {
        const incoming = await open(proxy, { path });
        const hash = createHash("sha256");
        let chunks = 0;
        for await (const chunk of incoming) {
          hash.update(chunk as Buffer);
          chunks += 1;
          // A reader that is slow at times makes the proxy wait with the target.
          if (chunks % (8 << i) === 0) await new Promise(setImmediate);
        }
        return hash.digest("hex");
      });
      expect(await Promise.all(hashes)).toEqual([...bodies.values()].map(hashOf));
    },
  );
});

describe("a kept connection", () => {
  async function scripted(onRequest: (socket: Socket, count: number) => void) {
    const connections: Socket[] = [];
    const target = await startTcp((socket) => {
      connections.push(socket);
      let count = 0;
      socket.on("data", () => onRequest(socket, (count += 1)));
    });
    cleanups.push(target.close);
    return { proxy: await proxyTo(target), connections };
  }
  const answer = (body: string, header = "A: b") =>
    `HTTP/1.1 200 OK\r\n${header}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  test("is asked again", async () => {
    const { proxy, connections } = await scripted((socket, count) =>
      socket.write(answer(`${count}`)),
    );
    const bodies = [];
    for (let i = 0; i < 3; i += 1) bodies.push((await ask(proxy)).body.toString());
    expect([bodies, connections.length]).toEqual([["1", "2", "3"], 1]);
  });

  test.each([
    [
      "brought more than was asked for",
      (socket: Socket) => socket.write(`${answer("1")}HTTP/1.1 200`),
    ],
    ["is closed by the target", (socket: Socket) => socket.end(answer("1"))],
    ["is not to be kept", (socket: Socket) => socket.write(answer("1", "Connection: close"))],
    [
      "is to be kept for no second",
      (socket: Socket) => socket.write(answer("1", "Keep-Alive: timeout=1")),
    ],
  ])("is not asked again when it %s", async (_, first) => {
    const { proxy, connections } = await scripted(first);
    for (let i = 0; i < 3; i += 1) expect((await ask(proxy)).body.toString()).toBe("1");
    expect(connections.length).toBe(3);
  });

  test("whose client hung up in the middle is closed, and its answer goes to nobody else", async () => {
    const { proxy, connections } = await scripted((socket) => {
      if (connections.length === 1)
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
      else socket.write(answer("whole"));
    });
    const first = await open(proxy);
    first.on("error", () => {}).destroy();
    await new Promise<void>((resolve) => connections[0]?.once("close", () => resolve()));
    expect((await ask(proxy)).body.toString()).toBe("whole");
  });
});
