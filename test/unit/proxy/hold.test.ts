import type { RequestListener } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { until } from "../../support/poll.ts";
import { ask, at, startProxy } from "./harness.ts";
import { startSwallower } from "./swallower.ts";
import { type FakeJupyterOptions, startJupyter, startTcp, withBody } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function jupyterAt(ip: string, options: FakeJupyterOptions = {}) {
  const jupyter = await startJupyter({ ip, ...options });
  cleanups.push(jupyter.kill);
  return jupyter;
}

async function proxyWith(options: Parameters<typeof startProxy>[0] = {}) {
  const proxy = await startProxy(options);
  cleanups.push(() => proxy.close());
  return proxy;
}

/** Answers with its address and what it was sent. */
const tellBody = withBody(({ method }, body, response) => {
  response.end(`${method} ${body.toString()}`);
});

const killsConnection: RequestListener = (request) => {
  request.socket.destroy();
};

describe("while no target serves", () => {
  test("a request waits and is answered by the first target there is", async () => {
    const proxy = await proxyWith();
    const waiting = ask(proxy, { method: "POST", body: "cells" });
    await until("held", () => proxy.stats().held === 1);
    proxy.setTarget(at(await jupyterAt("127.0.0.1", { onRequest: tellBody }), 1));
    expect((await waiting).body.toString()).toBe("POST cells");
    expect(proxy.stats()).toMatchObject({ held: 0, heldTotal: 1, refused: 0 });
  });

  test.each([1, -1])("the wait is the same when the clock is set by %i hour", async (hours) => {
    const proxy = await proxyWith();
    const waiting = ask(proxy);
    await until("held", () => proxy.stats().held === 1);
    const set = vi.spyOn(Date, "now").mockReturnValue(Date.now() + hours * 3600_000);
    cleanups.push(() => set.mockRestore());
    proxy.setTarget(at(await jupyterAt("127.0.0.1", { onRequest: tellBody }), 1));
    expect((await waiting).body.toString()).toBe("GET ");
  });

  test("the wait has an end, with 503, Retry-After and words for programs", async () => {
    const proxy = await proxyWith({ holdMs: 30 });
    const answer = await ask(proxy, { path: "/api/contents" });
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    expect(JSON.parse(answer.body.toString())).toEqual({
      message: expect.stringContaining("No node of the cluster serves Jupyter") as string,
      reason: "Service Unavailable",
    });
  });

  test("a browser gets a page that tries again by itself", async () => {
    const proxy = await proxyWith({ holdMs: 0 });
    const answer = await ask(proxy, { headers: { Accept: "text/html,*/*" } });
    expect(answer.status).toBe(503);
    expect(answer.headers["content-type"]).toContain("text/html");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body.toString()).toContain('http-equiv="refresh"');
  });

  test("the hold time can be changed", async () => {
    const proxy = await proxyWith({ holdMs: 60_000 });
    proxy.setHold(0);
    expect((await ask(proxy)).status).toBe(503);
  });

  test("no more than a bounded number waits; the next is refused at once", async () => {
    const proxy = await proxyWith();
    const waiting = Array.from({ length: 512 }, () => ask(proxy));
    await until("all held", () => proxy.stats().held === 512);
    const answer = await ask(proxy);
    expect([answer.status, answer.body.toString()]).toEqual([
      503,
      expect.stringContaining("Too many requests are waiting"),
    ]);
    proxy.setTarget(at(await jupyterAt("127.0.0.1"), 1));
    const answers = await Promise.all(waiting);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("closing the proxy answers those who wait", async () => {
    const proxy = await proxyWith();
    const waiting = ask(proxy);
    await until("held", () => proxy.stats().held === 1);
    await proxy.close();
    expect((await waiting).status).toBe(503);
  });
});

describe("when the target is lost", () => {
  test("a request whose connection was cut is answered by the next leader", async () => {
    const proxy = await proxyWith();
    const old = await jupyterAt("127.0.0.1", { onRequest: () => {} });
    proxy.setTarget(at(old, 1));
    const waiting = ask(proxy, { method: "PUT", body: "notebook" });
    await until("the request is there", () => old.sockets.size > 0);
    await old.kill();
    proxy.setTarget(at(await jupyterAt("127.0.0.2", { onRequest: tellBody }), 2));
    expect((await waiting).body.toString()).toBe("PUT notebook");
  });

  test("a request to a node that lost power goes to the next leader, without any EOF", async () => {
    const proxy = await proxyWith();
    const mute = await jupyterAt("127.0.0.1", { onRequest: () => {} });
    proxy.setTarget(at(mute, 1));
    const waiting = ask(proxy);
    await until("the request is there", () => mute.sockets.size > 0);
    proxy.setTarget(at(await jupyterAt("127.0.0.2"), 2));
    expect((await waiting).body.toString()).toBe("127.0.0.2");
  });

  test("a POST that may have been carried out is not repeated, and the answer says so", async () => {
    const proxy = await proxyWith();
    let posts = 0;
    const jupyter = await jupyterAt("127.0.0.1", {
      onRequest: (request) => {
        posts += 1;
        request.socket.destroy();
      },
    });
    proxy.setTarget(at(jupyter, 1));
    const answer = await ask(proxy, { method: "POST", body: "run" });
    expect([answer.status, posts]).toEqual([502, 1]);
    expect(answer.body.toString()).toContain("may or may not have been carried out");
  });

  test("a POST that never reached the target is repeated", async () => {
    const proxy = await proxyWith();
    const old = await jupyterAt("127.0.0.1");
    proxy.setTarget(at(old, 1));
    await ask(proxy);
    await old.kill();
    const waiting = ask(proxy, { method: "POST", body: "run" });
    await until("held", () => proxy.stats().held === 1);
    proxy.setTarget(at(await jupyterAt("127.0.0.2", { onRequest: tellBody }), 2));
    expect((await waiting).body.toString()).toBe("POST run");
  });

  test("a POST under way at a node that was only deposed ends there", async () => {
    const proxy = await proxyWith();
    let finish: () => void = () => {};
    const old = await jupyterAt("127.0.0.1", {
      onRequest: (_, response) => {
        finish = () => response.end("done at the old leader");
      },
    });
    proxy.setTarget(at(old, 1));
    const waiting = ask(proxy, { method: "POST", body: "run" });
    await until("the request is there", () => old.sockets.size === 1);
    proxy.setTarget(at(await jupyterAt("127.0.0.2"), 2));
    expect((await ask(proxy)).body.toString()).toBe("127.0.0.2");
    finish();
    expect((await waiting).body.toString()).toBe("done at the old leader");
  });

  test("an upload too long to keep is repeated as long as nothing of it was sent", async () => {
    const proxy = await proxyWith();
    const old = await jupyterAt("127.0.0.1");
    proxy.setTarget(at(old, 1));
    await old.kill();
    const big = Buffer.alloc(3 * 1024 * 1024, "x");
    const waiting = ask(proxy, { method: "PUT", body: big });
    await until("held", () => proxy.stats().held === 1);
    proxy.setTarget(at(await jupyterAt("127.0.0.2", { onRequest: tellBody }), 2));
    expect((await waiting).body.length).toBe("PUT ".length + big.length);
  });

  test("an address that swallows TCP costs no longer than the news of the next leader", async () => {
    const swallower = await startSwallower("127.0.0.3");
    cleanups.push(swallower.stop);
    const proxy = await proxyWith();
    proxy.setTarget(at(swallower, 1));
    const waiting = ask(proxy, { method: "POST", body: "run" });
    await until("a request is on its way", () => proxy.stats().active === 1);
    proxy.setTarget(at(await jupyterAt("127.0.0.2", { onRequest: tellBody }), 2));
    expect((await waiting).body.toString()).toBe("POST run");
  });

  test("an address that swallows TCP is given up by itself, and then not served", async () => {
    const swallower = await startSwallower("127.0.0.4");
    cleanups.push(swallower.stop);
    const proxy = await proxyWith();
    proxy.setTarget(at(swallower, 1));
    const waiting = ask(proxy);
    await until("found out", () => proxy.status().target === null);
    expect(proxy.assigned).toMatchObject({ ip: "127.0.0.4" });
    expect(proxy.stats().held).toBe(1);
    proxy.setTarget(at(await jupyterAt("127.0.0.2"), 2));
    expect((await waiting).status).toBe(200);
  });

  test("Jupyter that starts again at the same address is served again, without any news", async () => {
    const proxy = await proxyWith();
    const first = await jupyterAt("127.0.0.1");
    proxy.setTarget(at(first, 1));
    await ask(proxy);
    await first.kill();
    const waiting = ask(proxy);
    await until("not served", () => proxy.status().target === null);
    await jupyterAt("127.0.0.1", { port: first.port });
    expect((await waiting).status).toBe(200);
    expect(proxy.status().target).toMatchObject({ ip: "127.0.0.1", term: 1 });
  });

  test("a request that Jupyter always hangs up on is answered with 502, and hurts no other", async () => {
    const proxy = await proxyWith();
    const jupyter = await jupyterAt("127.0.0.1", {
      onRequest: (request, response) => {
        if (request.url === "/poison") killsConnection(request, response);
        else response.end("fine");
      },
    });
    proxy.setTarget(at(jupyter, 1));
    const poisoned = ask(proxy, { path: "/poison" });
    const others = await Promise.all(Array.from({ length: 50 }, () => ask(proxy)));
    expect(new Set(others.map(({ body }) => body.toString()))).toEqual(new Set(["fine"]));
    expect((await poisoned).status).toBe(502);
    expect(proxy.status().target).toMatchObject({ ip: "127.0.0.1" });
  });

  test("what speaks no HTTP gets nobody held for ever", async () => {
    const proxy = await proxyWith({ holdMs: 200 });
    const target = await startTcp((socket) => socket.end("SSH-2.0-OpenSSH_10.0\r\n"));
    cleanups.push(target.close);
    proxy.setTarget(at(target, 1));
    expect([502, 503]).toContain((await ask(proxy)).status);
  });
});
