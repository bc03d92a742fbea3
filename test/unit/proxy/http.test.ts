import { Agent } from "node:http";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { until } from "../../support/poll.ts";
import { type Answer, ask, at, open, startProxy } from "./harness.ts";
import { type FakeJupyterOptions, startJupyter, startTcp, withBody } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyTo(options: FakeJupyterOptions = {}) {
  const jupyter = await startJupyter(options);
  const proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  return { jupyter, proxy };
}

const json = ({ body }: Answer) => JSON.parse(body.toString()) as unknown;

describe("HTTP through the proxy", () => {
  test("brings method, path, query, body and end-to-end headers to Jupyter", async () => {
    const { proxy } = await proxyTo({
      onRequest: withBody(({ method, url, headers }, body, response) => {
        response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
      }),
    });
    const answer = await ask(proxy, {
      method: "PATCH",
      path: "/api/contents/a%20b.ipynb?content=1",
      headers: {
        Host: "lab.example:8888",
        Cookie: "_xsrf=2|a",
        Connection: "close, X-Private",
        "X-Private": "for the proxy only",
        "X-Forwarded-For": "10.1.1.1",
        "X-Forwarded-Proto": "https",
      },
      body: '{"name":"b"}',
    });
    expect(json(answer)).toEqual({
      method: "PATCH",
      url: "/api/contents/a%20b.ipynb?content=1",
      body: '{"name":"b"}',
      headers: {
        host: "lab.example:8888",
        cookie: "_xsrf=2|a",
        connection: "close",
        "content-length": "12",
        "x-forwarded-for": "10.1.1.1, 127.0.0.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "lab.example:8888",
      },
    });
  });

  test("brings status, reason and repeated headers back", async () => {
    const { proxy } = await proxyTo({
      onRequest: (_, response) => {
        const headers = {
          "Set-Cookie": ["a=1", "b=2"],
          Location: "/lab",
          "Keep-Alive": "timeout=1",
        };
        response.writeHead(302, "Elsewhere", headers).end();
      },
    });
    const incoming = await open(proxy);
    incoming.resume();
    expect([incoming.statusCode, incoming.statusMessage]).toEqual([302, "Elsewhere"]);
    expect(incoming.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(incoming.headers.location).toBe("/lab");
    expect(incoming.headers["keep-alive"]).not.toBe("timeout=1");
  });

  test("answers HEAD and 204 without a body", async () => {
    const { proxy } = await proxyTo({
      onRequest: (request, response) => {
        response.writeHead(request.method === "HEAD" ? 200 : 204, { "X-Seen": "yes" }).end();
      },
    });
    const head = await ask(proxy, { method: "HEAD" });
    const gone = await ask(proxy, { method: "DELETE" });
    expect([head.status, head.headers["x-seen"], head.body.length]).toEqual([200, "yes", 0]);
    expect([gone.status, gone.headers["x-seen"], gone.body.length]).toEqual([204, "yes", 0]);
  });

  test("streams an upload and a download of many megabytes", async () => {
    const { proxy } = await proxyTo({ onRequest: (request, response) => request.pipe(response) });
    const big = Buffer.alloc(30 * 1024 * 1024, "0123456789");
    const answer = await ask(proxy, { method: "PUT", path: "/api/contents/big", body: big });
    expect(answer.body.equals(big)).toBe(true);
  });

  test("passes a chunked upload on as it comes", async () => {
    const { proxy } = await proxyTo({ onRequest: (request, response) => request.pipe(response) });
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    cleanups.push(() => socket.destroy());
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    await until("the first part comes back", () => received.includes("first"));
    socket.write("6\r\nsecond\r\n0\r\n\r\n");
    await until("the second part comes back", () => received.includes("second"));
  });

  test("passes the pieces of an event stream on at once", async () => {
    const { proxy } = await proxyTo({
      onRequest: (_, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.flushHeaders();
      },
    });
    const incoming = await open(proxy);
    expect(incoming.headers["content-type"]).toBe("text/event-stream");
    incoming.on("error", () => {});
    incoming.destroy();
  });

  test("serves many requests over one connection", async () => {
    const { proxy } = await proxyTo();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    for (let i = 0; i < 20; i += 1) {
      expect((await ask(proxy, { agent })).body.toString()).toBe("127.0.0.1");
    }
    expect(proxy.stats().connections).toBe(1);
  });

  test("hangs up on Jupyter when the client hangs up", async () => {
    let abandoned = false;
    const { proxy, jupyter } = await proxyTo({
      onRequest: (_, response) => {
        response.once("close", () => {
          abandoned = true;
        });
      },
    });
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the request is there", () => jupyter.sockets.size === 1);
    socket.destroy();
    await until("Jupyter notices", () => abandoned);
    await until("nothing is active", () => proxy.stats().active === 0);
  });

  test("never makes a broken answer look whole", async () => {
    const { proxy, jupyter } = await proxyTo({
      onRequest: (_, response) => response.write("the first half"),
    });
    const incoming = await open(proxy);
    const broken = new Promise((resolve) => incoming.once("error", resolve));
    incoming.once("data", () => void jupyter.kill());
    expect(await broken).toMatchObject({ code: "ECONNRESET" });
    expect(incoming.complete).toBe(false);
  });

  test("passes an answer on that comes before the upload is over", async () => {
    const { proxy } = await proxyTo({
      onRequest: (_, response) => response.writeHead(413, { Connection: "close" }).end("too big"),
    });
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    cleanups.push(() => socket.destroy());
    let received = "";
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\nbeginning");
    await ended;
    expect(received).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*too big/i);
  });

  test("treats an upgrade to anything but WebSocket as the plain request that it also is", async () => {
    const { proxy } = await proxyTo();
    const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c" };
    const answer = await ask(proxy, { headers });
    expect([answer.status, answer.body.toString()]).toEqual([200, "127.0.0.1"]);
    const posted = await ask(proxy, { method: "POST", headers, body: "x" });
    expect(posted.status).toBe(200);
  });

  test("says who is in the way when its port is taken", async () => {
    const blocker = await startTcp(() => {});
    cleanups.push(blocker.close);
    await expect(startProxy({ port: blocker.port })).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_IN_USE,
      message: expect.stringMatching(
        new RegExp(`listens on 127.0.0.1:${blocker.port} already.*spec.proxy.port`),
      ) as string,
    });
  });

  test("says so when its address is not of this machine", async () => {
    await expect(startProxy({ address: "192.0.2.1" })).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_IN_USE,
      message: expect.stringContaining("192.0.2.1 is no address of this machine") as string,
    });
  });

  test("is closed with everything that was open, held or under way", async () => {
    const { proxy, jupyter } = await proxyTo({ onRequest: () => {} });
    const under = ask(proxy, { method: "POST", body: "x" }).then(String, (e: Error) => e.message);
    await until("under way", () => jupyter.sockets.size === 1);
    const idle = connect(proxy.status().port, "127.0.0.1");
    idle.on("error", () => {});
    await until("connected", () => proxy.stats().connections === 2);
    await proxy.close();
    expect(await under).toMatch(/hang up|ECONNRESET/);
    expect(proxy.stats()).toMatchObject({ connections: 0, active: 0, held: 0, webSockets: 0 });
    expect(proxy.status().listening).toBe(false);
    await until("Jupyter's side is closed", () => jupyter.sockets.size === 0);
    await turn();
  });
});
