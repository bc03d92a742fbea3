import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { ask, json, startApi } from "./harness.ts";

describe("the API server", () => {
  test("says that its port is taken, and what to do", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    await expect(startApi({ port })).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_IN_USE,
      message: expect.stringMatching(new RegExp(`127.0.0.1:${port} already.*--api`)) as string,
    });
    blocker.close();
  });

  test("is closed with idle connections and those in the middle of a request", async () => {
    const { api } = await startApi();
    const port = Number(new URL(api.url).port);
    const sockets = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    for (const socket of sockets) socket.on("error", () => {});
    const closed = sockets.map((socket) => new Promise((end) => socket.once("close", end)));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    sockets[1]?.write("GET /status HTTP/1.1\r\nHost: local");
    await api.close();
    await Promise.all(closed);
    await expect(ask(api.url, "/status")).rejects.toThrow("ECONNREFUSED");
    await api.close();
  });

  test("answers a bug with 500, logs it, and serves the next request", async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError("undefined is not a cluster");
    const { api } = await startApi({
      info: () => {
        throw bug;
      },
      log: { ...silentLog, error: (fields) => bugs.push((fields as { err: unknown }).err) },
    });
    const answer = await ask(api.url, "/status");
    expect([answer.status, bugs]).toEqual([500, [bug]]);
    expect(answer.text).not.toContain("undefined is not");
    expect((await ask(api.url, "/healthz")).status).toBe(200);
    await api.close();
  });

  test("a client that goes away in the middle of its request is no bug", async () => {
    const bugs: unknown[] = [];
    const { api, shutdowns } = await startApi({
      log: { ...silentLog, error: (fields) => bugs.push(fields) },
    });
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    const head = "POST /shutdown HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const token = "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n";
    socket.write(`${head}${token}Content-Length: 100\r\n\r\n{"teardown"`);
    await until("it is sent", () => socket.bytesWritten > 0);
    await ask(api.url, "/status");
    socket.destroy();
    await ask(api.url, "/status");
    await api.close();
    expect([bugs, shutdowns]).toEqual([[], []]);
  });

  test("tells health in one word, check by check when asked, and when something is wrong", async () => {
    let problem: string | null = null;
    const { api } = await startApi({
      health: {
        live: [{ name: "ping", check: () => null }],
        ready: [
          { name: "mesos", check: () => null },
          { name: "docker", check: () => problem },
        ],
      },
    });
    expect(await ask(api.url, "/healthz")).toMatchObject({ status: 200, text: "ok" });
    const verbose = await ask(api.url, "/readyz?verbose");
    expect(verbose.text).toBe("[+]mesos ok\n[+]docker ok\nreadyz check passed\n");
    problem = "the engine does not answer";
    expect(await ask(api.url, "/readyz")).toMatchObject({
      status: 503,
      text: "[+]mesos ok\n[-]docker failed: the engine does not answer\nreadyz check failed\n",
    });
    expect((await ask(api.url, "/healthz")).status).toBe(200);
    await api.close();
  });

  test("lists its paths at its root", async () => {
    const { api } = await startApi();
    const { paths } = json(await ask(api.url, "/")) as { paths: string[] };
    expect(paths).toContain("/status");
    await api.close();
  });
});
