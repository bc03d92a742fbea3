/** A master behind TLS, with a certificate that is made for the test. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SchedulerOptions } from "../../controller/mesos/scheduler.ts";
import { makeCertificate } from "../support/mesos/certificate.ts";
import { record } from "../support/mesos/scripted-master.ts";
import { TestScheduler } from "../support/mesos/test-scheduler.ts";
import { until } from "../support/poll.ts";

const subscribed = { type: "SUBSCRIBED", subscribed: { framework_id: { value: "f" } } };
const server = createServer();
/** Stream ids of the requests, `undefined` for SUBSCRIBE. */
const streamIds: (string | string[] | undefined)[] = [];
let directory: string;
let cert: string;
let address: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mesos-tls-"));
  const made = await makeCertificate(directory, "master");
  cert = made.cert;
  server.setSecureContext(made);
  server.on("request", (request, response) => {
    const streamId = request.headers["mesos-stream-id"];
    streamIds.push(streamId);
    request.resume();
    if (streamId !== undefined) response.writeHead(202).end();
    else response.writeHead(200, { "Mesos-Stream-Id": "tls" }).write(record(subscribed));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

async function withScheduler(
  tls: NonNullable<SchedulerOptions["tls"]>,
  check: (test: TestScheduler) => Promise<unknown>,
): Promise<void> {
  const test = new TestScheduler([address], { tls });
  test.scheduler.start();
  try {
    await check(test);
  } finally {
    await test.scheduler.stop();
  }
}

it("takes a certificate of the given authority, on the stream and on calls", async () => {
  await withScheduler({ ca: cert }, async (test) => {
    await until("fresh", () => test.freshness === "fresh");
    await until("a call", () => streamIds.includes("tls"));
  });
});

it("takes any certificate only when told so", async () => {
  await withScheduler({ rejectUnauthorized: false }, (test) =>
    until("fresh", () => test.freshness === "fresh"),
  );
});

it("refuses a certificate that nobody vouches for, and says so", async () => {
  await withScheduler({}, async (test) => {
    const reason = () => JSON.stringify(test.observe());
    await until("a reason", () => reason().includes("self-signed certificate"));
    expect(test.freshness).toBe("unknown");
  });
});
