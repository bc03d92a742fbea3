/** Against DNS rebinding: under which names the proxy may be asked. */
import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { proxySettings } from "../../../controller/model/proxy-settings.ts";
import { fakeCluster } from "../../support/planner/fixtures.ts";
import { ask, at, startProxy } from "./harness.ts";
import { startJupyter } from "./upstreams.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function proxyUnder(hostNames: readonly string[] | null) {
  const jupyter = await startJupyter();
  const proxy = await startProxy({ hostNames });
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  return { proxy, jupyter };
}

describe("a proxy with names", () => {
  test.each([
    ["localhost", 200],
    ["LOCALHOST:8888", 200],
    ["lab.localhost", 200],
    ["127.0.0.1:8888", 200],
    ["[::1]:8888", 200],
    ["lab.example:443", 200],
    ["Lab.Example.", 200],
    ["evil.example", 403],
    ["lab.example.evil.example", 403],
    ["localhost.evil.example", 403],
    ["evil.example:8888@localhost", 403],
    ["192.0.2.1", 403],
  ])("asked as %j answers %i", async (host, status) => {
    const { proxy, jupyter } = await proxyUnder(["lab.example"]);
    expect((await ask(proxy, { headers: { Host: host } })).status).toBe(status);
    if (status === 403) expect(jupyter.sockets.size).toBe(0);
  });

  test("opens no WebSocket under a foreign one", async () => {
    const { proxy, jupyter } = await proxyUnder([]);
    const { address, port } = proxy.status();
    const socket = connect(port, address);
    cleanups.push(() => socket.destroy());
    socket.write(
      "GET /api/kernels/1/channels HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
        "Sec-WebSocket-Version: 13\r\n\r\n",
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /);
    expect(jupyter.sockets.size).toBe(0);
  });

  test("takes others from the next request on", async () => {
    const { proxy } = await proxyUnder([]);
    const status = async () => (await ask(proxy, { headers: { Host: "lab.example" } })).status;
    expect(await status()).toBe(403);
    proxy.setHostNames(["lab.example"]);
    expect(await status()).toBe(200);
    proxy.setHostNames(null);
    expect((await ask(proxy, { headers: { Host: "any.example" } })).status).toBe(200);
  });
});

describe("the names of a spec", () => {
  const { spec } = fakeCluster();
  const of = (auth: "token" | "none", hostNames: readonly string[]) =>
    proxySettings({
      ...spec,
      jupyter: { ...spec.jupyter, auth },
      proxy: { ...spec.proxy, hostNames },
    }).hostNames;

  test("guard where there is no token, and where somebody names some", () => {
    expect(of("token", [])).toBeNull();
    expect(of("token", ["a"])).toEqual(["a"]);
    expect(of("none", [])).toEqual([]);
    expect(of("none", ["a"])).toEqual(["a"]);
  });
});
