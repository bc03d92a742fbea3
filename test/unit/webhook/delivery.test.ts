/** Deliveries over real sockets, to a receiver that fails in each way that receivers do. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createHmac } from "node:crypto";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Delivery, Deliverer } from "../../../controller/webhook/delivery.ts";

const SECRET = "a secret that two of us know";
const NOW = Date.parse("2026-01-02T03:04:05.678Z");

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server | null = null;
let deliverer: Deliverer | null = null;

afterEach(async () => {
  await deliverer?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A receiver that answers so. */
async function receiver(answer: (response: ServerResponse) => void) {
  const received: Received[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { received, url: `http://127.0.0.1:${port}/hook` };
}

function to(url: string, attemptMsMax = 10_000): Deliverer {
  deliverer = new Deliverer({ url, secret: SECRET }, { now: () => NOW }, attemptMsMax);
  return deliverer;
}

const delivery: Delivery = {
  id: "uid.7.1700000000000",
  cluster: { namespace: "default", name: "lab", uid: "uid" },
  change: {
    ...{ sequence: 7, at: NOW - 1_000, condition: "Ready", from: "True", to: "False" },
    ...{ reason: "NoLeader", message: "“No” leader." },
  },
};

/** As docs/webhook.md has it. */
function isGenuine({ headers, body }: Received, secret: string, nowSeconds: number): boolean {
  const header = String(headers["x-jupyter-cluster-signature"]);
  const [, t = "", v1 = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const wanted = createHmac("sha256", secret).update(`${t}.${body}`).digest("hex");
  return wanted === v1 && Math.abs(nowSeconds - Number(t)) <= 300;
}

describe("a delivery", () => {
  it("tells the change as JSON, signed together with its time", async () => {
    const { received, url } = await receiver((response) => response.writeHead(204).end());
    expect(await to(url).attempt(delivery)).toEqual({ is: "delivered" });
    const [one] = received as [Received];
    expect(JSON.parse(one.body)).toEqual({
      id: "uid.7.1700000000000",
      sequence: 7,
      cluster: { namespace: "default", name: "lab", uid: "uid" },
      ...{ condition: "Ready", oldStatus: "True", newStatus: "False" },
      ...{ reason: "NoLeader", message: "“No” leader.", time: "2026-01-02T03:04:04.678Z" },
    });
    expect(one.headers).toMatchObject({
      "content-type": "application/json",
      "x-jupyter-cluster-delivery": delivery.id,
    });
    const now = Math.floor(NOW / 1000);
    expect(isGenuine(one, SECRET, now)).toBe(true);
    expect(isGenuine(one, "another secret altogether", now)).toBe(false);
    expect(isGenuine({ ...one, body: one.body.replace("False", "True") }, SECRET, now)).toBe(false);
    expect(isGenuine(one, SECRET, now + 301)).toBe(false);
  });

  it.each([
    [500, "failed"],
    [503, "failed"],
    [429, "failed"],
    [408, "failed"],
    [400, "refused"],
    [404, "refused"],
    [302, "refused"],
    [410, "gone"],
  ])("that is answered with %i is %s", async (status, is) => {
    const { received, url } = await receiver((response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    expect(await to(url).attempt(delivery)).toEqual({ is, why: `it answered ${status}` });
    expect(received).toHaveLength(1);
  });

  it("to one that hangs, or never ends its answer, ends in time", async () => {
    const silent = await receiver(() => undefined);
    expect(await to(silent.url, 200).attempt(delivery)).toMatchObject({ is: "failed" });
    await deliverer?.close();
    server?.closeAllConnections();
    const endless = await receiver((response) => {
      response.writeHead(200);
      response.write("and so on");
    });
    expect(await to(endless.url, 200).attempt(delivery)).toEqual({ is: "delivered" });
  });

  it("to nobody, or to one that hangs up, has failed", async () => {
    const { url } = await receiver((response) => response.destroy());
    expect(await to(url).attempt(delivery)).toMatchObject({ is: "failed" });
    await deliverer?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    expect(await to(url).attempt(delivery)).toMatchObject({ is: "failed" });
  });

  it("ends when the controller does", async () => {
    const { received, url } = await receiver(() => undefined);
    const attempt = to(url).attempt(delivery);
    await expect.poll(() => received.length).toBe(1);
    await deliverer?.close();
    expect(await attempt).toMatchObject({ is: "failed" });
  });
});
