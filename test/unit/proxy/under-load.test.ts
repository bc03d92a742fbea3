import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../support/poll.ts";
import { ask, at, startProxy } from "./harness.ts";
import { startJupyter } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function jupyterAt(ip: string) {
  const jupyter = await startJupyter({ ip });
  cleanups.push(jupyter.kill);
  return jupyter;
}

describe("switching targets under load", () => {
  test("fails no GET, whether nodes are deposed or die", async () => {
    const proxy = await startProxy({ holdMs: 20_000 });
    cleanups.push(() => proxy.close());
    let term = 1;
    let current = await jupyterAt("127.0.0.10");
    proxy.setTarget(at(current, term));
    let over = false;
    const statuses = new Map<number | string, number>();
    const user = async () => {
      while (!over) {
        const result = await ask(proxy).then(
          ({ status }) => status,
          (error: Error) => error.message,
        );
        statuses.set(result, (statuses.get(result) ?? 0) + 1);
      }
    };
    const users = Array.from({ length: 16 }, user);
    const served = () => statuses.get(200) ?? 0;
    for (let round = 0; round < 12; round += 1) {
      const before = served();
      await until("some are served", () => served() > before + 20);
      const next = await jupyterAt(`127.0.0.${11 + round}`);
      term += 1;
      if (round % 3 === 0) await current.kill();
      if (round % 3 === 1) proxy.dropTarget(current.ip);
      proxy.setTarget(at(next, term));
      if (round % 3 === 2) await current.kill();
      current = next;
    }
    over = true;
    await Promise.all(users);
    expect([...statuses.keys()]).toEqual([200]);
  });
});

describe("a proxy's sockets", () => {
  test("do not leak over failures of every kind", async () => {
    const before = openSockets();
    const proxy = await startProxy({ holdMs: 10 });
    for (let round = 0; round < 10; round += 1) {
      const jupyter = await startJupyter({
        ip: "127.0.0.1",
        onRequest: (request, response) => {
          if (request.url === "/cut") request.socket.destroy();
          else if (request.url === "/half") {
            response.write("half");
            response.destroy();
          } else response.end("whole");
        },
      });
      proxy.setTarget({ ip: jupyter.ip, port: jupyter.port, epoch: 0, term: 1 });
      const paths = ["/cut", "/half", "/whole"];
      const asked = paths.flatMap((path) => [
        ask(proxy, { path }),
        ask(proxy, { path, method: "POST", body: "x" }),
      ]);
      await Promise.allSettled(asked);
      await until("no request's connection is left", () => jupyter.sockets.size <= 1);
      await jupyter.kill();
      await ask(proxy);
      proxy.dropTarget(jupyter.ip);
    }
    await proxy.close();
    await until("every socket is gone", () => openSockets() <= before);
  });
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|Timeout)/.test(kind)).length;
}
