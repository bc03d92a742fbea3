import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NotServingError } from "../../../agent-image/agent/etcd/maintenance.ts";
import { HttpApi } from "../../../agent-image/agent/http/http-server.ts";
import type { MaintenanceWork } from "../../../agent-image/agent/http/maintenance-routes.ts";
import { SnapshotInvalidError } from "../../../agent-image/agent/snapshot/snapshot-file.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import { UnitLog } from "../../../agent-image/agent/unit/unit-log.ts";
import { TermGate } from "../../../agent-image/agent/api/term-gate.ts";
import { ORDER } from "./fixtures/order.ts";
import { streamLines } from "../../support/agent/stream-lines.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import {
  type StartCommand,
  type AgentStatus,
  type NodeConfig,
  TERM_HEADER,
} from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const TOKEN = "secret";
const config: NodeConfig = {
  namespace: "default",
  cluster: "nb",
  slot: 0,
  taskId: "t",
  ip: "127.0.0.1",
  tokenSha256: createHash("sha256").update(TOKEN).digest("hex"),
  etcd: { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  jupyter: { port: 8888, auth: "token", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: [] },
  storage: { mountPath: "/home/shared" },
};
let directory: string;
let port: number;
let api: HttpApi;
let board: StatusBoard;
let log: UnitLog;
let commands: StartCommand[];
let stopped: string[];
let refusal: AgentRefusal | null;
/** What the node does with its etcd; a test puts its own in place. */
let work: MaintenanceWork;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agent-http-"));
  port = await freePort();
  commands = [];
  stopped = [];
  refusal = null;
  const notServing = () => Promise.reject(new NotServingError("the local etcd does not serve"));
  work = { save: notServing, receive: notServing, defragment: notServing };
  log = new UnitLog(join(directory, "etcd.log"));
  board = newBoard();
  api = new HttpApi({
    config,
    board,
    clock: systemClock,
    log: silentLog,
    logs: new Map([["etcd", log]]),
    previousLogs: new Map(),
    command: (command) => {
      commands.push(command);
      return refusal;
    },
    ...{ terms: new TermGate(), usage: () => Promise.resolve(null) },
    stopTask: (taskId) => {
      stopped.push(taskId);
      return refusal;
    },
    maintenance: {
      save: (use, signal) => work.save(use, signal),
      receive: (body, sha256, signal) => work.receive(body, sha256, signal),
      defragment: (signal) => work.defragment(signal),
    },
  });
  await api.listen(["127.0.0.1"], port);
});

afterEach(async () => {
  await api.close();
  await rm(directory, { recursive: true });
});

function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return fetch(`http://127.0.0.1:${port}${path}`, { headers, ...init });
}

const listen = (path: string, lines: string[]) => streamLines({ port, token: TOKEN, path }, lines);

describe("the agent's API", () => {
  test.each([{}, { authorization: "Bearer wrong" }, { authorization: TOKEN }])(
    "turns away %o",
    async (headers: Record<string, string>) => {
      const response = await call("/v1/status", { headers });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain("awaiting-start");
    },
  );

  test("refuses the orders of a former controller, and does not look at them", async () => {
    const authorized = { authorization: `Bearer ${TOKEN}` };
    const order = (method: string, path: string, term: string) =>
      call(path, { method, headers: { ...authorized, [TERM_HEADER]: term } });
    expect((await order("PUT", "/v1/term", "8")).status).toBe(204);
    const answers = [
      await order("PUT", "/v1/start", "7"),
      await order("POST", "/v1/stop?taskId=t", "7"),
      await order("PUT", "/v1/snapshot?sha256=", "7"),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(409);
      expect(await answer.json()).toMatchObject({ code: "LowerTerm" });
    }
    expect(stopped).toEqual([]);
    await order("POST", "/v1/stop?taskId=t", "8");
    await call("/v1/stop?taskId=u", { method: "POST" });
    expect(stopped).toEqual(["t", "u"]);
  });

  test("tells the status", async () => {
    board.update({ phase: "running" });
    const status = (await (await call("/v1/status")).json()) as AgentStatus;
    expect(status).toMatchObject({ phase: "running", instanceId: "i", problems: [] });
  });

  test("streams the status at once, on every change, and never stays silent", async () => {
    const lines: string[] = [];
    const hangUp = listen("/v1/watch", lines);
    await until("the first line", () => lines.length === 1);
    board.update({ phase: "running" });
    board.setProblem("storage", "gone");
    await until("the change", () => lines.length === 2);
    const [first, second] = lines.map((line) => JSON.parse(line) as AgentStatus);
    expect(second).toMatchObject({ phase: "running", problems: ["gone"] });
    expect(second?.sequence).toBe((first?.sequence ?? 0) + 1);
    await until("a beat", () => lines.length === 3);
    expect(lines[2]).toBe(lines[1]);
    hangUp();
  });

  test("is told to end by the id of its task, and refuses another's", async () => {
    expect((await call("/v1/stop?taskId=t.1", { method: "POST" })).status).toBe(202);
    refusal = { code: "OtherTask", message: "this is task t.2" };
    const refused = await call("/v1/stop?taskId=t.1", { method: "POST" });
    expect([refused.status, await refused.json()]).toEqual([409, refusal]);
    expect(stopped).toEqual(["t.1", "t.1"]);
    expect((await call("/v1/stop", { headers: {}, method: "POST" })).status).toBe(401);
  });

  test("takes a command over", async () => {
    const response = await call("/v1/start", { method: "PUT", body: JSON.stringify(ORDER) });
    expect(response.status).toBe(202);
    expect(commands).toEqual([ORDER]);
  });

  test("refuses a command of a version that it does not know, and says which it knows", async () => {
    const body = JSON.stringify({ ...ORDER, apiVersion: 99, commandId: null });
    const response = await call("/v1/start", { method: "PUT", body });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: "UnsupportedVersion",
      message: expect.stringContaining("knows 1, 2"),
    });
    expect(commands).toEqual([]);
  });

  test("passes a refusal on", async () => {
    refusal = { code: "DataMissing", message: "the data directory is empty" };
    const response = await call("/v1/start", { method: "PUT", body: JSON.stringify(ORDER) });
    expect([response.status, await response.json()]).toEqual([409, refusal]);
  });

  test.each(["", "{", "[]", '{"commandId":"x"}'])("finds %j malformed", async (body) => {
    const response = await call("/v1/start", { method: "PUT", body });
    expect(response.status).toBe(400);
    expect(commands).toEqual([]);
  });

  test("refuses a command that is too long to be one", async () => {
    const body = " ".repeat(100_000);
    const response = await call("/v1/start", { method: "PUT", body });
    expect(response.status).toBe(413);
  });

  test("tells the end of a log, and follows it", async () => {
    for (const line of ["a", "b", "c"]) log.write(line);
    expect(await (await call("/v1/logs/etcd?tail=2")).text()).toBe("b\nc\n");
    const lines: string[] = [];
    const hangUp = listen("/v1/logs/etcd?tail=1&follow=true", lines);
    await until("the tail", () => lines.length === 1);
    log.write("d");
    await until("the new line", () => lines.length === 2);
    expect(lines).toEqual(["c", "d"]);
    hangUp();
  });

  test("knows no other units, paths or parameters", async () => {
    expect((await call("/v1/logs/shadow")).status).toBe(404);
    expect((await call("/v1/else")).status).toBe(404);
    expect((await call("/v1/status", { method: "POST" })).status).toBe(404);
    expect((await call("/v1/logs/etcd?tail=-1")).status).toBe(400);
    expect((await call("/v1/logs/etcd?follow=maybe")).status).toBe(400);
  });
});

describe("work on etcd's data", () => {
  const sha256 = createHash("sha256").update("database").digest("hex");
  const put = () => call(`/v1/snapshot?sha256=${sha256}`, { method: "PUT", body: "database" });
  test("is refused while etcd does not serve", async () => {
    const defragmented = await call("/v1/defragment", { method: "POST" });
    for (const response of [await call("/v1/snapshot"), defragmented]) {
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "EtcdNotServing" });
    }
  });

  test("hands a snapshot over, with what is known of it", async () => {
    const path = join(directory, "snapshot.db");
    await writeFile(path, "database");
    const facts = { path, revision: 42, keys: 7, sizeBytes: 8, sha256, clusterId: "c1" };
    work = { ...work, save: (use) => use(facts) };
    const response = await call("/v1/snapshot");
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "etcd-snapshot-revision": "42",
      "etcd-snapshot-keys": "7",
      "etcd-snapshot-sha256": sha256,
      "etcd-cluster-id": "c1",
      "content-length": "8",
    });
    expect(await response.text()).toBe("database");
  });

  test("takes a snapshot", async () => {
    const got: string[] = [];
    work = {
      ...work,
      receive: async (body, sum) => {
        for await (const chunk of body) got.push(String(chunk));
        got.push(sum);
      },
    };
    expect((await put()).status).toBe(204);
    expect(got).toEqual(["database", sha256]);
  });

  test.each<[number, string, Error]>([
    [400, "what is no snapshot", new SnapshotInvalidError("no database")],
    [507, "a full disk", Object.assign(new Error("write failed"), { code: "ENOSPC" })],
    [500, "another failure", new Error("strange")],
  ])("answers %i to %s", async (status, _, error) => {
    work = { ...work, receive: () => Promise.reject(error) };
    const response = await put();
    expect([response.status, await response.json()]).toEqual([status, { message: error.message }]);
  });

  test("answers 507 when the snapshot has no room on the node's disk", async () => {
    const error = new Error("etcdctl snapshot: write snapshot.db.part: no space left on device");
    work = { ...work, save: () => Promise.reject(error) };
    expect((await call("/v1/snapshot")).status).toBe(507);
  });

  test("wants a sum to check a snapshot by", async () => {
    const response = await call("/v1/snapshot?sha256=AB", { method: "PUT", body: "x" });
    expect(response.status).toBe(400);
  });

  test("is given up when the client hangs up", async () => {
    let gone: unknown = null;
    const client = new AbortController();
    work = {
      ...work,
      save: (_, signal) =>
        new Promise((_resolve, reject) => {
          client.abort();
          signal.addEventListener("abort", () => {
            gone = signal.reason;
            reject(signal.reason);
          });
        }),
    };
    const asked = call("/v1/snapshot", { signal: client.signal });
    await expect(asked).rejects.toThrow();
    await until("the work is given up", () => gone !== null);
  });

  test("tells that a defragmentation is done", async () => {
    work = { ...work, defragment: () => Promise.resolve() };
    expect((await call("/v1/defragment", { method: "POST" })).status).toBe(204);
  });
});
