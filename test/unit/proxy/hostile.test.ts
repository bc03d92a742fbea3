/** No request and no answer of a target ends the proxy, holds its sockets, or reaches another's. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../support/poll.ts";
import { ask, at, startProxy } from "./harness.ts";
import { startJupyter, startTcp, withBody } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** Sends bytes, and tells what comes back until the proxy hangs up, or until `whole` matches. */
async function send(port: number, text: string, whole = /$^/): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  await new Promise<void>((done) => {
    socket.on("error", () => {});
    socket.once("close", () => done());
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (whole.test(received)) done();
    });
    socket.write(text, "latin1");
  });
  socket.destroy();
  return received;
}

async function proxyTo(answer: string) {
  const target = await startTcp((socket) => {
    socket.once("data", () => socket.end(answer, "latin1"));
  });
  const proxy = await startProxy();
  proxy.setTarget(at(target, 1));
  cleanups.push(target.close, () => proxy.close());
  return proxy;
}

async function proxyToEcho() {
  const jupyter = await startJupyter({
    onRequest: withBody(({ method, url, headers }, body, response) => {
      const { upgrade, connection } = headers;
      response.end(JSON.stringify({ method, url, upgrade, connection, body: body.toString() }));
    }),
  });
  const proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  return { proxy, jupyter };
}

const OPENING =
  "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const PLAIN = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

describe("a target that answers", () => {
  const answers: Record<string, [answer: string, status: RegExp]> = {
    "status 000": ["HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n", /^HTTP\/1.1 502 /],
    "status 099": ["HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", /^HTTP\/1.1 502 /],
    "status 199 as its last word": [
      "HTTP/1.1 199 x\r\nContent-Length: 0\r\n\r\n",
      /^(HTTP\/1.1 199 \r\n\r\n)*HTTP\/1.1 50/,
    ],
    "status 999": ["HTTP/1.1 999 x\r\nContent-Length: 2\r\n\r\nok", /^HTTP\/1.1 999 /],
    "101 that nobody asked for": [
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nxx",
      /^HTTP\/1.1 (101|502) /,
    ],
    "no HTTP at all": ["\xff".repeat(5000), /^HTTP\/1.1 502 /],
    "headers without end": [`HTTP/1.1 200 OK\r\nX: ${"a".repeat(100_000)}`, /^HTTP\/1.1 502 /],
    "a carriage return in a header": [
      "HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok",
      /^HTTP\/1.1 502 /,
    ],
    "a header name that is none": [
      "HTTP/1.1 200 OK\r\nX-\xe9: \xff\r\nContent-Length: 2\r\n\r\nok",
      /^HTTP\/1.1 502 /,
    ],
    "a length and chunks at once": [
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      /^HTTP\/1.1 502 /,
    ],
    "1,000 early hints": [
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000) +
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      /^(HTTP\/1.1 103 Early Hints\r\nLink: <\/a>\r\n\r\n){0,32}HTTP\/1.1 200 /,
    ],
    "a body where there must be none": [
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
      /^HTTP\/1.1 304 /,
    ],
  };
  for (const [what, [answer, status]] of Object.entries(answers)) {
    for (const [how, request] of Object.entries({ plainly: PLAIN, "a WebSocket": OPENING })) {
      test(`${what} (asked for ${how}) ends nothing but that`, async () => {
        const proxy = await proxyTo(answer);
        expect(await send(proxy.status().port, request)).toMatch(status);
        await until("nothing goes on", () => proxy.stats().active === 0);
      });
    }
  }

  test("twice to one request does not answer the next one's client", async () => {
    const second = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";
    const proxy = await proxyTo(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${second}`);
    const answers = [await ask(proxy), await ask(proxy)].map(({ body }) => body.toString());
    expect(answers).toEqual(["ok", "ok"]);
  });
});

describe("a request for another protocol", () => {
  const upgrades = [
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    "Connection: upgrade\r\nUpgrade: foo\r\n",
    "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n",
  ];
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    for (const upgrade of upgrades) {
      test(`${method} ${upgrade.split("\r\n")[1]} is served with its body as if it did not ask`, async () => {
        const { proxy } = await proxyToEcho();
        const head = `${method} /y HTTP/1.1\r\nHost: a\r\n${upgrade}Content-Length: 4\r\n\r\n`;
        const received = await send(proxy.status().port, `${head}body`, /\}$/);
        expect(JSON.parse(received.slice(received.indexOf("\r\n\r\n") + 4))).toMatchObject({
          method,
          url: "/y",
          body: "body",
        });
        expect(received).not.toContain('"upgrade"');
      });
    }
  }

  test("to a WebSocket with a body is a plain request, whose body stays its own", async () => {
    const { proxy } = await proxyToEcho();
    const opening = OPENING.replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n");
    const next = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const received = await send(proxy.status().port, `${opening}body${next}`);
    expect(received.match(/"url":"[^"]*"/g)).toEqual(['"url":"/x"', '"url":"/next"']);
    expect(received).toContain('"body":"body"');
  });

  test("that promises a body and leaves does not swallow the next one's request", async () => {
    const { proxy } = await proxyToEcho();
    const promise = "GET /attacker HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n";
    const attacker = await connected(proxy, `${promise}Content-Length: 120\r\n\r\n`);
    await until("it is being served", () => proxy.stats().connections === 1);
    attacker.destroy();
    const victim = await ask(proxy, { path: "/victim", headers: { Cookie: "session=1" } });
    expect(JSON.parse(victim.body.toString())).toMatchObject({ url: "/victim", body: "" });
  });
});

describe("clients that have gone", () => {
  const requests = {
    "in the middle of a body, asking for another protocol":
      "GET /api HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 38\r\n\r\nxxxx",
    "in the middle of a body":
      "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\nxxxxxxxxxx",
    "with frames sent before the WebSocket was open": `${OPENING}\x81\x80\x00\x00\x00\x00`,
    "while the WebSocket was being opened": OPENING,
  };
  for (const [when, request] of Object.entries(requests)) {
    test(`${when} leave no socket behind`, async () => {
      const silent = await startTcp((socket) => socket.resume());
      const proxy = await startProxy({ holdMs: 60_000 });
      proxy.setTarget(at(silent, 1));
      cleanups.push(silent.close, () => proxy.close());
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => connected(proxy, request)),
      );
      await until("they are being served", () => proxy.stats().connections === 50);
      for (const client of clients) client.destroy();
      await until("nothing is left", () => {
        const { active, connections } = proxy.stats();
        return active === 0 && connections === 0;
      });
      await until("nothing is left at the target", () => silent.sockets.size === 0);
    });
  }

  test("a client that sends without end before its WebSocket is open is hung up on", async () => {
    const silent = await startTcp((socket) => socket.resume());
    const proxy = await startProxy({ holdMs: 60_000 });
    proxy.setTarget(at(silent, 1));
    cleanups.push(silent.close, () => proxy.close());
    const client = await connected(proxy, OPENING);
    const closed = new Promise((gone) => client.once("close", gone));
    client.write(Buffer.alloc(1024 * 1024));
    await closed;
    await until("nothing goes on", () => proxy.stats().active === 0);
  });
});

async function connected(proxy: Proxy, request: string): Promise<Socket> {
  const socket = connect(proxy.status().port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  await new Promise((sent) => socket.write(request, "latin1", sent));
  return socket;
}

describe("a request that two readers would not read alike", () => {
  for (const [what, headers] of Object.entries({
    "two Host headers": "Host: a\r\nHost: b\r\n",
    "a coding besides chunked": "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
    "a length and chunks at once": "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
    "no Host": "",
  })) {
    test(`(${what}) is refused and reaches nobody`, async () => {
      const { proxy, jupyter } = await proxyToEcho();
      const received = await send(
        proxy.status().port,
        `POST / HTTP/1.1\r\n${headers}Connection: close\r\n\r\n0\r\n\r\n`,
      );
      expect(received).toMatch(/^HTTP\/1.1 400 /);
      expect(jupyter.sockets.size).toBe(0);
    });
  }
});

test("frames that were sent before the WebSocket was open arrive in their order", async () => {
  const received: string[] = [];
  const jupyter = await startJupyter({
    onWebSocket: (socket) => socket.on("message", (data) => received.push(String(data as Buffer))),
  });
  const proxy = await startProxy();
  cleanups.push(jupyter.kill, () => proxy.close());
  const client = await connected(proxy, `${OPENING}${masked("a")}`);
  client.write(masked("b"), "latin1");
  await until("it is held", () => proxy.stats().held === 1);
  proxy.setTarget(at(jupyter, 1));
  await once(client, "data");
  client.write(masked("c"), "latin1");
  await until("all have arrived", () => received.length === 3);
  expect(received).toEqual(["a", "b", "c"]);
  client.destroy();
});

/** A client's text frame of one character, masked with zeros. */
function masked(character: string): string {
  return `\x81\x81\x00\x00\x00\x00${character}`;
}

describe("a request that comes before the one ahead of it is answered", () => {
  test.each([
    ["a tunnel", "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a WebSocket", OPENING],
  ])("and asks for %s ends its connection, and nothing else", async (_what, second) => {
    const { proxy } = await proxyToEcho();
    const first = "GET /first HTTP/1.1\r\nHost: a\r\n\r\n";
    expect(await send(proxy.status().port, first + second)).not.toMatch(/101|second/);
    await until("no connection is left", () => proxy.stats().connections === 0);
    expect((await ask(proxy)).status).toBe(200);
  });
});
