/** The double's `/files/read`, asked by the client that asks a real agent. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { SandboxReader } from "../../../../controller/mesos/http/sandbox-reader.ts";
import { Transport } from "../../../../controller/mesos/http/transport.ts";
import { reasonIn } from "../../../../controller/mesos/tasks/launch-failure.ts";
import { EngineError } from "../../../../controller/mesos-local/agent/docker-engine.ts";
import { SteppedClock } from "../../../support/mesos-local/stepped-clock.ts";
import {
  accept,
  InMemoryMesos,
  task,
  TCP,
  TCP_CREDENTIAL,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start({ tcp: TCP });
});

afterEach(() => mesos.remove());

/** A launch that Docker refuses, and where the master says that its agent is. */
async function failedLaunch() {
  mesos.docker.fail("start", new EngineError("refused", "network nowhere not found"));
  const scheduler = await RawScheduler.subscribe(mesos.tcpUrl);
  const offer = await scheduler.offer();
  await accept(scheduler, [offer], [task("t", offer)]);
  await scheduler.status("t", "TASK_FAILED");
  const { ip: host = "", port = 0 } = offer.url?.address ?? {};
  return { agent: { host, port }, frameworkId: scheduler.frameworkId };
}

const reader = () =>
  new SandboxReader(new Transport({ credentials: TCP_CREDENTIAL }), new SteppedClock());

test("a sandbox's stderr has Docker's own words, at the address that the offer names", async () => {
  const { agent, frameworkId } = await failedLaunch();
  const stderr = await until("it is kept", () => reader().stderr(agent, frameworkId, "t"));
  expect(reasonIn(stderr)).toBe("docker: network nowhere not found");
});

test("another's sandbox is not shown, nor one that is not there, nor any other file", async () => {
  const { agent, frameworkId } = await failedLaunch();
  await until("it is kept", () => reader().stderr(agent, frameworkId, "t"));
  await expect(reader().stderr(agent, frameworkId, "other")).rejects.toThrow(/answers 404/);
  await expect(reader().stderr(agent, "f-0", "t")).rejects.toThrow(/answers 404/);
  const get = async (url: string, path: string) =>
    (await send(`${url}/files/read?path=${encodeURIComponent(path)}`, "", {}, "GET")).status;
  const own = `/frameworks/${frameworkId}/executors/t/runs/latest/stderr`;
  expect(await get(mesos.tcpUrl, own)).toBe(200);
  expect(await get(mesos.tcpUrl.replace(/\/\/.*@/, "//"), own)).toBe(401);
  expect(await get(mesos.url, own)).toBe(403);
  expect(await get(mesos.tcpUrl, "/etc/passwd")).toBe(404);
  expect(await get(mesos.tcpUrl, `${own}/../../../../checkpoint.json`)).toBe(404);
  expect(await get(mesos.tcpUrl, "")).toBe(400);
  expect(await get(mesos.tcpUrl, `${own}&offset=x`)).toBe(404);
});
