/** Whoever opens connections and says nothing keeps nobody else out of a server of ours. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ConnectionShare } from "../../../controller/support/connection-share.ts";
import { LIMITS } from "../../../controller/proxy/limits.ts";
import { until } from "../../support/poll.ts";
import { ask, at, startProxy } from "../proxy/harness.ts";
import { startJupyter } from "../proxy/upstreams.ts";
import { DOORS } from "./doors.ts";

/** More than any of these keeps. */
const CROWD = 700;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.each(DOORS)("%s", (_name, start) => {
  test("answers while a crowd holds connections without a word", async () => {
    const door = await start();
    cleanups.push(() => door.close());
    const crowd: Socket[] = [];
    cleanups.push(() => crowd.forEach((socket) => socket.destroy()));
    for (let i = 0; i < CROWD; i += 1) crowd.push(await silent(door.port));
    const request = `GET ${door.normal} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const asked = await silent(door.port);
    asked.write(`${request}${door.authorization}\r\n`);
    const [answer] = (await once(asked, "data")) as [Buffer];
    expect(answer.toString("latin1", 0, 12)).toBe("HTTP/1.1 200");
  });
});

test("the proxy answers while a crowd holds connections without a word", async () => {
  const jupyter = await startJupyter();
  const proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
  cleanups.push(jupyter.kill, () => proxy.close());
  for (let i = 0; i < LIMITS.connectionsMax + 100; i += 1) await silent(proxy.status().port);
  expect((await ask(proxy)).status).toBe(200);
  expect(proxy.stats().connections).toBeLessThanOrEqual(LIMITS.connectionsMax);
});

describe("of more connections than there may be", () => {
  async function serverOf(connectionsMax: number) {
    const server: Server = createServer((request, response) => {
      share.answering(request, response);
      if (request.headers.authorization !== undefined) share.trust(request);
      if (request.url === "/held") response.write("held");
      else response.end("ok");
    });
    const share = new ConnectionShare(server, connectionsMax);
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    cleanups.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  test("one that showed a credential stays, idle or not", async () => {
    const port = await serverOf(3);
    const trusted = await asking(port, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\n\r\n");
    for (let i = 0; i < 10; i += 1) await silent(port);
    trusted.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(trusted, "data");
    expect(trusted.destroyed).toBe(false);
  });

  test("one that is being answered goes after those that are not", async () => {
    const port = await serverOf(3);
    const held = await asking(port, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    const idle = await Promise.all([silent(port), silent(port), silent(port)]);
    await until("one of the idle ones is closed", () => idle.some((socket) => socket.destroyed));
    expect(held.destroyed).toBe(false);
  });

  test("one of the address that has the most goes first", async () => {
    const port = await serverOf(4);
    const only = await silent(port, "127.0.0.9");
    const many: Socket[] = [];
    for (let i = 0; i < 6; i += 1) many.push(await silent(port));
    await until("three of them are closed", () => many.filter((one) => one.destroyed).length === 3);
    expect(only.destroyed).toBe(false);
    expect(many.slice(3).every((one) => !one.destroyed)).toBe(true);
  });
});

async function silent(port: number, localAddress = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  socket.resume();
  return socket;
}

async function asking(port: number, request: string): Promise<Socket> {
  const socket = await silent(port);
  socket.write(request);
  await once(socket, "data");
  return socket;
}
