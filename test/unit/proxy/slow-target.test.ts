/** Slow is not lost: whoever has more to do than time for it is waited for, and not asked to death. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as afterLookAtSockets } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { connectTo } from "../../../controller/proxy/connect-to.ts";
import { ask, at, startProxy } from "./harness.ts";
import { startJupyter, startTcp } from "./upstreams.ts";

/** In place of a second, and of 15. */
vi.mock("../../../controller/proxy/limits.ts", async (original) => {
  const { LIMITS } = await original<typeof import("../../../controller/proxy/limits.ts")>();
  return { LIMITS: { ...LIMITS, readyAnswerMs: 20, readyPatienceMs: 150, probeEveryMs: 5 } };
});

const READY = "/ready";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyTo(onQuestion: (response: ServerResponse) => void) {
  const jupyter = await startJupyter({
    onRequest: (request, response) => {
      if (request.url === READY) onQuestion(response);
      else response.end("served");
    },
  });
  const proxy = await startProxy({ readyPath: READY });
  cleanups.push(jupyter.kill, () => proxy.close());
  proxy.setTarget(at(jupyter, 1));
  return proxy;
}

test("a target that comes to each question only after it was asked the next one is served", async () => {
  let waiting: ServerResponse | null = null;
  const proxy = await proxyTo((response) => {
    waiting?.end("yes");
    waiting = response;
  });
  expect((await ask(proxy)).body.toString()).toBe("served");
});

test("a question that is lost for good keeps none that follow it from being answered", async () => {
  let lost = 0;
  const proxy = await proxyTo((response) => {
    if (lost < 2) lost += 1;
    else response.end("yes");
  });
  expect((await ask(proxy)).body.toString()).toBe("served");
});

test("never more than two questions wait at a target that answers none", async () => {
  const open = new Set<ServerResponse>();
  let asked = 0;
  let most = 0;
  await proxyTo((response) => {
    asked += 1;
    open.add(response);
    response.once("close", () => open.delete(response));
    most = Math.max(most, open.size);
  });
  await vi.waitFor(() => expect(asked).toBeGreaterThan(10), 20_000);
  // A connection that the proxy has closed is seen closed a moment later.
  expect(most).toBeLessThanOrEqual(3);
});

test("a target is not taken for one that swallows TCP because this process stood still", async () => {
  const target = await startTcp(() => {});
  cleanups.push(target.close);
  // What comes next in this turn of the event loop are its timers.
  await afterLookAtSockets();
  const socket = connectTo(target.ip, target.port);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await once(socket, "connect");
  socket.destroy();
});
