import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accept, InMemoryMesos, task } from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../../../support/mesos-local/raw-scheduler.ts";

const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
const SUBSCRIBE = { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n" } } };

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("HTTP", () => {
  test.each<[string, number, unknown, Record<string, string>, string]>([
    ["GET", 405, "", JSON_HEADERS, "GET"],
    ["no content type", 400, SUBSCRIBE, {}, "POST"],
    ["a charset", 415, SUBSCRIBE, { "Content-Type": "application/json; charset=utf-8" }, "POST"],
    ["another content type", 415, SUBSCRIBE, { "Content-Type": "text/plain" }, "POST"],
    [
      "SUBSCRIBE that accepts no JSON",
      406,
      SUBSCRIBE,
      { "Content-Type": "application/json", Accept: "text/html" },
      "POST",
    ],
    [
      "SUBSCRIBE with a stream id",
      400,
      SUBSCRIBE,
      { ...JSON_HEADERS, "Mesos-Stream-Id": "x" },
      "POST",
    ],
    ["bad JSON", 400, "{", JSON_HEADERS, "POST"],
    [
      "a call of an unknown framework",
      400,
      { type: "REVIVE", framework_id: { value: "x" } },
      JSON_HEADERS,
      "POST",
    ],
  ])("%s is answered %d", async (_name, status, body, headers, method) => {
    expect((await send(`${mesos.url}/api/v1/scheduler`, body, headers, method)).status).toBe(
      status,
    );
  });

  test("a call with no, a wrong and the right stream id", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const body = { type: "SUPPRESS", framework_id: { value: scheduler.frameworkId } };
    const statusWith = async (headers: Record<string, string>) =>
      (await send(`${mesos.url}/api/v1/scheduler`, body, { ...JSON_HEADERS, ...headers })).status;
    expect(await statusWith({})).toBe(400);
    expect(await statusWith({ "Mesos-Stream-Id": "other" })).toBe(400);
    expect(await statusWith({ "Mesos-Stream-Id": scheduler.streamId })).toBe(202);
  });

  test("202 even for offers and tasks that never were", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const bogus = { value: "bogus" };
    const answers = await Promise.all([
      scheduler.call("DECLINE", { decline: { offer_ids: [bogus] } }),
      scheduler.call("KILL", { kill: { task_id: bogus } }),
    ]);
    expect(answers).toMatchObject([
      { status: 202, body: "" },
      { status: 202, body: "" },
    ]);
  });

  test("/version, /health and /state say what this is, and nothing of a task's command", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer, { command: { value: "secret-command" } })]);
    await scheduler.status("t", "TASK_RUNNING");
    const get = async (path: string) => (await send(`${mesos.url}${path}`, "", {}, "GET")).body;
    expect(JSON.parse(await get("/version"))).toMatchObject({
      version: "1.12.0",
      description: "embedded and local, not Apache Mesos",
    });
    expect(await get("/health")).toBe("{}\n");
    const state = await get("/state");
    expect(JSON.parse(state)).toMatchObject({
      docker: { connected: true },
      slaves: [{ hostname: "host-a", active: true }],
      frameworks: [{ tasks: [{ id: "t", state: "TASK_RUNNING" }] }],
    });
    expect(state).not.toContain("secret-command");
  });
});
