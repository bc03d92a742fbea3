import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  answersToBogusIds,
  REFUSALS,
  statusesByStreamId,
} from "../../../support/mesos/http-contract.ts";
import { accept, InMemoryMesos, task } from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../../../support/mesos-local/raw-scheduler.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("HTTP", () => {
  test.each(REFUSALS)("%s is answered %d", async (_name, status, request) => {
    expect((await request(mesos.url)).status).toBe(status);
  });

  test("a call with no, a wrong and the right stream id", async () => {
    expect(await statusesByStreamId(mesos.url)).toEqual([400, 400, 202]);
  });

  test("202 even for offers and tasks that never were", async () => {
    expect(await answersToBogusIds(mesos.url)).toMatchObject([
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
