/** The agent's API within TLS: both ends have the key beforehand, and without it nobody gets a word. */
import type { NodeUsage } from "../../../controller/model/node-usage.ts";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HttpApi } from "../../../agent-image/agent/http/http-server.ts";
import { TermGate } from "../../../agent-image/agent/api/term-gate.ts";
import { dial } from "../../../controller/agents/agent-http.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { freePort } from "../../support/free-port.ts";
import { silentLog } from "../../support/silent-log.ts";

const TOKEN = "secret";
const config: NodeConfig = {
  namespace: "default",
  cluster: "nb",
  slot: 0,
  taskId: "t",
  ip: "127.0.0.1",
  tokenSha256: createHash("sha256").update(TOKEN).digest("hex"),
  etcd: { tls: true, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  jupyter: { port: 8888, auth: "token", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: [] },
  storage: { mountPath: "/home/shared" },
};
const never = () => Promise.reject(new Error("nobody asks for it"));

let api: HttpApi;
let port: number;
let usage: NodeUsage | null = null;

beforeEach(async () => {
  port = await freePort();
  api = new HttpApi({
    config,
    board: newBoard(),
    clock: systemClock,
    log: silentLog,
    logs: new Map(),
    previousLogs: new Map(),
    command: () => null,
    terms: new TermGate(),
    stopTask: () => null,
    usage: () => Promise.resolve(usage),
    maintenance: { save: never, receive: never, defragment: never },
  });
  await api.listen(["127.0.0.1"], port);
});
afterEach(() => api.close());

/** Asks for the status as whoever has this token for the handshake, and that one for the request. */
function ask(
  keyToken: string,
  bearer: string,
  path = "/v1/status",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      path,
      headers: { authorization: `Bearer ${bearer}` },
      createConnection: () => dial("127.0.0.1", port, { token: keyToken, tls: true }),
    });
    asked.once("error", reject);
    asked.once("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.end();
  });
}

describe("the agent's API within TLS", () => {
  test("answers who has the key and shows the token", async () => {
    const { status, body } = await ask(TOKEN, TOKEN);
    expect(status).toBe(200);
    expect(body).toContain("awaiting-start");
  });

  test("ends the handshake with who has another key", async () => {
    await expect(ask("other", TOKEN)).rejects.toThrow();
  });

  test("turns away who has the key, which a task's environment tells, and not the token", async () => {
    expect(await ask(TOKEN, "other")).toMatchObject({ status: 401 });
  });

  test("says nothing in clear", async () => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.write(`GET /v1/status HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`);
    expect(await text(socket).catch(() => "")).not.toContain("HTTP/1.1");
  });
});

test("tells what its container uses, or that it cannot be told", async () => {
  expect((await ask(TOKEN, TOKEN, "/v1/usage")).status).toBe(501);
  usage = { cpuSeconds: 1.5, memoryBytes: 1024, memoryLimitBytes: null, disk: null };
  const { status, body } = await ask(TOKEN, TOKEN, "/v1/usage");
  expect([status, JSON.parse(body)]).toEqual([200, usage]);
});
