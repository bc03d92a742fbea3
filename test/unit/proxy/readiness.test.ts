import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../support/poll.ts";
import { ask, at, startProxy } from "./harness.ts";
import { type FakeJupyter, startJupyter, withBody } from "./upstreams.ts";

const READY = "/ready";
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Readiness {
  status: number;
  body: string;
}

async function server(readiness: Readiness, ip = "127.0.0.1") {
  const jupyter = await startJupyter({
    ip,
    onRequest: (request, response) => {
      if (request.url !== READY) return response.end(ip);
      response.statusCode = readiness.status;
      return response.end(readiness.body);
    },
  });
  cleanups.push(jupyter.kill);
  return jupyter;
}

async function proxyTo(jupyter: FakeJupyter, term = 7) {
  const proxy = await startProxy({ readyPath: READY });
  cleanups.push(() => proxy.close());
  proxy.setTarget(at(jupyter, term));
  return proxy;
}

describe("a target that says whether it is ready", () => {
  test.each([
    ["it leads in this term", 200, '{"leads": true, "term": 7}'],
    ["it leads in a later term", 200, '{"leads": true, "term": 8}'],
    ["it is an image of the release before", 404, "Not Found"],
    ["it wants a token for any question", 403, "Forbidden"],
    ["it answers everything in its own way", 200, "hello"],
  ])("is served when %s", async (_, status, body) => {
    const proxy = await proxyTo(await server({ status, body }));
    expect((await ask(proxy)).status).toBe(200);
    expect(proxy.status().target).toMatchObject({ term: 7 });
  });

  test.each([
    ["it has not adopted the kernels yet", 503, '{"leads": false, "term": 7}'],
    ["it led in an earlier term", 200, '{"leads": true, "term": 6}'],
    ["it does not know yet that it leads", 200, '{"leads": false, "term": 6}'],
  ])("is waited for while %s", async (_, status, body) => {
    const readiness = { status, body };
    const proxy = await proxyTo(await server(readiness));
    const answer = ask(proxy);
    await until("held", () => proxy.stats().held === 1);
    expect(proxy.status().target).toBeNull();
    Object.assign(readiness, { status: 200, body: '{"leads": true, "term": 7}' });
    expect((await answer).status).toBe(200);
    expect(proxy.stats().held).toBe(0);
    expect(proxy.status().target).toMatchObject({ term: 7 });
  });

  test("is asked when somebody doubts it, and served again when it says that it is ready", async () => {
    const readiness = { status: 200, body: '{"leads": true, "term": 7}' };
    const jupyter = await server(readiness);
    const proxy = await proxyTo(jupyter);
    expect((await ask(proxy)).status).toBe(200);
    Object.assign(readiness, { status: 503, body: '{"leads": false, "term": 7}' });
    proxy.doubtTarget(at(jupyter, 7).ip);
    const answer = ask(proxy);
    await until("it has said so", () => proxy.status().target === null);
    expect(proxy.stats().held).toBe(1);
    Object.assign(readiness, { status: 200, body: '{"leads": true, "term": 7}' });
    expect((await answer).status).toBe(200);
    expect(proxy.status().target).toMatchObject({ term: 7 });
  });
});

describe("a target that says that it leads no more", () => {
  async function deposed(onRequest: (request: IncomingMessage, body: Buffer) => void) {
    const readiness = { status: 200, body: '{"leads": true, "term": 7}' };
    const refuse = (response: ServerResponse) =>
      response.writeHead(503, { "X-Jupyter-Cluster-Leads": "false" }).end("not here");
    const old = await startJupyter({
      onRequest: (request, response) => {
        if (request.url !== READY) return refuse(response);
        return response.writeHead(readiness.status).end(readiness.body);
      },
    });
    const next = await startJupyter({
      ip: "127.0.0.2",
      onRequest: withBody((request, body, response) => {
        onRequest(request, body);
        response.end("here");
      }),
    });
    cleanups.push(old.kill, next.kill);
    const proxy = await proxyTo(old);
    await until("served", () => proxy.status().target !== null);
    readiness.status = 503;
    return { proxy, next };
  }

  test.each(["GET", "POST", "DELETE"])("gets no %s: whoever leads next does", async (method) => {
    const got: string[] = [];
    const { proxy, next } = await deposed((request, body) => {
      if (request.url !== READY) got.push(`${request.url} ${body.toString()}`);
    });
    const body = method === "POST" ? { body: "code" } : {};
    const answer = ask(proxy, { method, path: "/api/kernels", ...body });
    await until("held", () => proxy.stats().held === 1);
    proxy.setTarget(at(next, 8));
    expect((await answer).body.toString()).toBe("here");
    expect(got).toEqual([`/api/kernels ${method === "POST" ? "code" : ""}`]);
  });
});
