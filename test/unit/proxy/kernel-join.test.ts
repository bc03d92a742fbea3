import { afterEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../../controller/proxy/limits.ts";
import { until } from "../../support/poll.ts";
import { at, openWebSocket } from "./harness.ts";
import { BINARY, cleanUp, kernelServer, proxyTo, take } from "./kernel-join-harness.ts";
import { CHANNELS, frame, V1, type Visit, v1 } from "./kernel-server.ts";

afterEach(cleanUp);

/** Says what comes behind the last message that the page has got. */
function goOn(stream: readonly (readonly [channel: string, id: string])[], visit: Visit): void {
  for (const channel of ["iopub", "shell"]) {
    const all = stream.filter(([of]) => of === channel);
    const got = all.findIndex(([, id]) => id === visit.join?.[channel]);
    for (const [, id] of all.slice(got + 1)) visit.socket.write(frame(BINARY, v1(channel, id)));
  }
}

function cutOf({ head }: Visit): number {
  return Number(/&cut=(\d+)/.exec(head)?.[1]);
}

describe("a page's WebSocket to a kernel whose server is lost", () => {
  const stream = [
    ["iopub", "i1"],
    ["shell", "s1"],
    ["iopub", "i2"],
  ] as const;

  test("goes on at the exact message, wherever in the stream the server was lost", async () => {
    const [first, second, third] = stream.map(([channel, id]) => v1(channel, id));
    const half = (second as Buffer).subarray(0, 40);
    const bytes = Buffer.concat([
      frame(BINARY, first as Buffer),
      frame(0x89, Buffer.from("ping")),
      frame(0x02, half),
      frame(0x89, Buffer.from("amid")),
      frame(0x80, (second as Buffer).subarray(40)),
      frame(BINARY, third as Buffer),
    ]);
    const server = await kernelServer((visit) => {
      if (visit.join === null) visit.socket.end(bytes.subarray(0, cutOf(visit)));
      else goOn(stream, visit);
    });
    const proxy = await proxyTo(server);
    const cuts = Array.from({ length: bytes.length + 1 }, (_, cut) => cut);
    while (cuts.length > 0) {
      const tries = cuts.splice(0, 50).map(async (cut) => {
        const page = await openWebSocket(proxy, `${CHANNELS}&cut=${cut}`, [V1]);
        const got = (await take(page, 3)).toSorted();
        expect(got, `cut at ${cut} of ${bytes.length}`).toEqual(["i1", "i2", "s1"]);
        page.socket.terminate();
      });
      await Promise.all(tries);
    }
    await until("all closed", () => proxy.stats().webSockets === 0);
  });

  test("tells the next server what the page has got, and asks for the same session", async () => {
    const server = await kernelServer(({ socket, join }) => {
      if (join === null) {
        socket.end(Buffer.concat(stream.map(([channel, id]) => frame(BINARY, v1(channel, id)))));
      } else socket.write(frame(BINARY, v1("iopub", "after")));
    });
    const proxy = await proxyTo(server);
    const headers = { Cookie: "user=1", "X-Jupyter-Cluster-Join": "e30" };
    const page = await openWebSocket(proxy, CHANNELS, [V1], { headers });
    expect(await take(page, 4)).toEqual(["i1", "s1", "i2", "after"]);
    const [opened, joined] = server.visits;
    expect(opened?.join).toBeNull();
    expect(joined?.join).toEqual({ iopub: "i2", shell: "s1" });
    const lines = (visit: Visit | undefined) =>
      (visit?.head ?? "").split("\r\n").filter((line) => /^(GET|cookie|sec-)/i.test(line));
    expect(lines(joined)).toEqual(lines(opened));
    page.socket.terminate();
  });

  test("moves to the node that leads now, which may be named long after", async () => {
    const old = await kernelServer(({ socket }) => {
      socket.write(frame(BINARY, v1("iopub", "i1")));
    });
    const next = await kernelServer(
      ({ socket }) => socket.write(frame(BINARY, v1("iopub", "i2"))),
      {
        ip: "127.0.0.2",
      },
    );
    const proxy = await proxyTo(old);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    expect(await take(page, 1)).toEqual(["i1"]);
    proxy.dropTarget(old.ip);
    await until("the old server's end", () => old.sockets.size === 0);
    expect(proxy.stats()).toMatchObject({ webSockets: 1, held: 0 });
    proxy.setTarget(at(next, 2));
    expect(await take(page, 1)).toEqual(["i2"]);
    expect(next.visits[0]?.join).toEqual({ iopub: "i1" });
    page.socket.terminate();
  });

  test.each([1001, 1012])("moves when the server says goodbye with %i", async (code) => {
    const server = await kernelServer(({ socket, join }) => {
      if (join !== null) return socket.write(frame(BINARY, v1("iopub", "i2")));
      socket.write(frame(BINARY, v1("iopub", "i1")));
      return socket.end(frame(0x88, Buffer.from([code >> 8, code & 0xff])));
    });
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect(await take(page, 2)).toEqual(["i1", "i2"]);
    page.socket.terminate();
  });

  test("ends with the server's own word when that is final", async () => {
    const server = await kernelServer(({ socket }) => {
      socket.end(frame(0x88, Buffer.from([0x03, 0xe8, 0x62, 0x79, 0x65])));
    });
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1]);
    expect(await page.closed).toEqual({ code: 1000, reason: "bye" });
    expect(server.visits).toHaveLength(1);
  });

  test("sends again what the lost server may not have carried out, then what waited", async () => {
    const server = await kernelServer(({ socket, join, received }) => {
      if (join !== null) return;
      void until("two messages", () => received.length === 2).then(() => socket.destroy());
    });
    const proxy = await proxyTo(server);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    page.socket.send("one");
    page.socket.send("two");
    await until("lost", () => server.visits[0]?.socket.destroyed === true);
    page.socket.send("three");
    await until("joined", () => server.visits[1]?.received.length === 3);
    expect(server.visits[1]?.received).toEqual(["one", "two", "three"]);
    page.socket.terminate();
  });

  test("is read while nobody leads: pings are answered, messages kept for the next", async () => {
    const server = await kernelServer(() => {});
    const proxy = await proxyTo(server);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    proxy.dropTarget(server.ip);
    await until("the server's end", () => server.sockets.size === 0);
    const pong = new Promise<string>((resolve) => {
      page.socket.once("pong", (data) => resolve(data.toString()));
    });
    page.socket.send("kept");
    page.socket.ping("are you there");
    expect(await pong).toBe("are you there");
    proxy.setTarget(at(server, 2));
    await until("it came", () => server.visits[1]?.received.length === 1);
    expect(server.visits[1]?.received).toEqual(["kept"]);
    page.socket.terminate();
  });

  test("is read no further when a page sends more than is kept, and loses nothing of it", async () => {
    const server = await kernelServer(() => {});
    const proxy = await proxyTo(server);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    proxy.dropTarget(server.ip);
    await until("the server's end", () => server.sockets.size === 0);
    const text = "x".repeat(60_000);
    const count = Math.ceil((LIMITS.join.waitingBytesMax * 8) / text.length);
    for (let i = 0; i < count; i += 1) page.socket.send(`${i} ${text}`);
    await until("the proxy reads no more", () => page.socket.bufferedAmount > 0);
    proxy.setTarget(at(server, 2));
    await until("all came", () => server.visits[1]?.received.length === count);
    expect(server.visits[1]?.received.map((m) => Number.parseInt(m, 10))).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    page.socket.terminate();
  });

  test("is closed as the browser asks, while nobody leads", async () => {
    const server = await kernelServer(() => {});
    const proxy = await proxyTo(server);
    const page = await openWebSocket(proxy, CHANNELS, [V1]);
    proxy.dropTarget(server.ip);
    page.socket.close(1000);
    expect((await page.closed).code).toBe(1000);
    await until("let go", () => proxy.stats().webSockets === 0);
    proxy.setTarget(at(server, 2));
    expect(server.visits).toHaveLength(1);
  });

  test("is held in the default format too", async () => {
    const json = (id: string) =>
      Buffer.from(`{"header": {"msg_id": "${id}"}, "content": {}, "channel": "iopub"}`);
    const server = await kernelServer(
      ({ socket, join }) => {
        if (join === null) socket.end(frame(0x81, json("i1")));
        else socket.write(frame(0x81, json(`after ${join.iopub}`)));
      },
      { protocol: "" },
    );
    const page = await openWebSocket(await proxyTo(server), CHANNELS);
    expect(await take(page, 2)).toEqual(["i1", "after i1"]);
    page.socket.terminate();
  });

  test("offers no compression, since a compressed stream cannot go on elsewhere", async () => {
    const server = await kernelServer(() => {});
    const options = { perMessageDeflate: true };
    const page = await openWebSocket(await proxyTo(server), CHANNELS, [V1], options);
    expect(page.socket.extensions).toBe("");
    expect(server.visits[0]?.head).not.toMatch(/permessage-deflate/i);
    page.socket.terminate();
  });
});
