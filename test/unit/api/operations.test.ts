import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer, ApiServerOptions } from "../../../controller/api/server.ts";
import type { NodeLogRequest } from "../../../controller/api/operations.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { until } from "../../support/poll.ts";
import { ask, AUTHORIZED, failure, json, LAB, NO_OPERATIONS, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function started(overrides: Partial<ApiServerOptions> = {}) {
  const all = await startApi(overrides);
  open.push(all.api);
  const get = (path: string, headers: Record<string, string> = {}) =>
    ask(all.api.url, path, { headers });
  return { ...all, get };
}

describe("what needs the control token", () => {
  test.each([
    ["GET", `${LAB}/access`],
    ["GET", `${LAB}/nodes/lab-0/log`],
    ["POST", `${LAB}/snapshots`],
    ["POST", `${LAB}/restore`],
    ["POST", "/shutdown"],
  ])("%s %s is refused without it, and with a wrong one", async (method, path) => {
    const { api, publish, shutdowns } = await started();
    publish();
    for (const headers of [{}, { authorization: "Bearer wrong-wrong-wrong-wrong" }]) {
      const answer = await ask(api.url, path, { method, headers });
      expect(json(answer)).toEqual(failure(401, "Unauthorized"));
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    expect(shutdowns).toEqual([]);
  });

  test("the way into Jupyter is told, and kept by nobody", async () => {
    const { publish, get } = await started();
    publish();
    const answer = await get(`${LAB}/access`, AUTHORIZED);
    expect(json(answer)).toEqual({ jupyter: { url: "http://127.0.0.1:8888/lab?token=t" } });
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("the controller is asked to end once its answer is out", async () => {
    const { api, shutdowns } = await started();
    const headers = { ...AUTHORIZED, "content-type": "application/json" };
    const answer = await ask(api.url, "/shutdown", {
      method: "POST",
      headers,
      body: '{"teardown":true}',
    });
    expect(answer.status).toBe(202);
    await until("shutdown is called", () => shutdowns.length === 1);
    expect(shutdowns).toEqual([true]);
  });

  test.each([
    ["text/plain", "{}", 415],
    ["application/json", "nonsense", 400],
    ["application/json", "[1]", 400],
    ["application/json", '{"teardown":"yes"}', 400],
    ["application/json", JSON.stringify({ x: "y".repeat(70_000) }), 413],
  ])(
    "a shutdown as %s with a body like %.20s is answered with its error",
    async (type, body, code) => {
      const { api, shutdowns } = await started();
      const headers = { ...AUTHORIZED, "content-type": type };
      const answer = await ask(api.url, "/shutdown", { method: "POST", headers, body });
      expect([answer.status, shutdowns]).toEqual([code, []]);
    },
  );

  test("a node is found by its name and by its slot", async () => {
    const asked: NodeLogRequest[] = [];
    const nodeLog = (request: NodeLogRequest) => {
      asked.push(request);
      const stream = new PassThrough();
      stream.end("a line\n");
      return Promise.resolve(stream);
    };
    const { publish, get } = await started({ operations: { ...NO_OPERATIONS, nodeLog } });
    publish();
    const first = await get(`${LAB}/nodes/lab-1/log?unit=etcd&tail=5&follow=true`, AUTHORIZED);
    const second = await get(`${LAB}/nodes/slot-2/log`, AUTHORIZED);
    expect([first.text, second.text]).toEqual(["a line\n", "a line\n"]);
    expect(asked.map(({ node, unit, tail, follow }) => [node.slot, unit, tail, follow])).toEqual([
      [1, "etcd", 5, true],
      [2, "agent", null, false],
    ]);
  });

  test.each([
    ["nodes/lab-9/log", 404],
    ["nodes/slot-9/log", 404],
    ["nodes/lab-0/log?unit=kernel", 400],
    ["nodes/lab-0/log?tail=all", 400],
    ["nodes/lab-0/log?tail=9999999", 400],
  ])("%s is answered with %i", async (path, code) => {
    const { publish, get } = await started();
    publish();
    expect((await get(`${LAB}/${path}`, AUTHORIZED)).status).toBe(code);
  });

  test("a node that does not answer is no fault of the asker", async () => {
    const message = "The agent of 172.30.0.10 does not answer.";
    const nodeLog = () =>
      Promise.reject(new OperationError(ERROR_CODES.AGENT_UNREACHABLE, "read the log", message));
    const { publish, get } = await started({ operations: { ...NO_OPERATIONS, nodeLog } });
    publish();
    const answer = await get(`${LAB}/nodes/lab-0/log`, AUTHORIZED);
    const code = ERROR_CODES.AGENT_UNREACHABLE;
    expect(json(answer)).toEqual(failure(503, "ServiceUnavailable", message, code));
  });

  test("a log that is followed is let go when the client has gone", async () => {
    const source = new PassThrough();
    const operations = { ...NO_OPERATIONS, nodeLog: () => Promise.resolve(source) };
    const { api, publish } = await started({ operations });
    publish();
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    const { authorization } = AUTHORIZED;
    const head = `GET ${LAB}/nodes/lab-0/log?follow=true HTTP/1.1\r\nHost: localhost\r\n`;
    socket.write(`${head}Authorization: ${authorization}\r\n\r\n`);
    source.write("first\n");
    await until("the first line comes", () => received.includes("first"));
    socket.destroy();
    await until("the source is let go", () => source.destroyed);
  });

  test("a log that breaks off does not look as if it had ended", async () => {
    const source = new PassThrough();
    const operations = { ...NO_OPERATIONS, nodeLog: () => Promise.resolve(source) };
    const { publish, get } = await started({ operations });
    publish();
    const reading = get(`${LAB}/nodes/lab-0/log`, AUTHORIZED);
    source.write("half");
    source.once("resume", () => source.destroy(new Error("agent gone")));
    await expect(reading).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });
});
