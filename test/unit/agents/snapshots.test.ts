import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defragment } from "../../../controller/agents/defragment.ts";
import { fetchSnapshot, sendSnapshot } from "../../../controller/agents/snapshots.ts";
import { SNAPSHOT_HEADERS } from "../../../controller/model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { SnapshotContent } from "../../../controller/model/ports.ts";
import type { SnapshotFacts, SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";
import { until } from "../../support/poll.ts";
import {
  bytesOf,
  factsOf,
  inPieces,
  snapshotBytes,
} from "../../support/snapshots/snapshot-content.ts";

const agent = new FakeAgent("127.77.4.1");
const address = { ip: agent.ip, token: AGENT_TOKEN, tls: false, connect: connectAgent };
const nobody = { ip: "127.77.4.250", token: AGENT_TOKEN, tls: false, connect: connectAgent };
const bytes = snapshotBytes(2000);
const facts = factsOf(bytes);
const info: SnapshotInfo = {
  ...facts,
  id: "20261125T120000123Z-r42",
  takenAt: "2026-11-25T12:00:00.123Z",
  sizeBytes: bytes.length,
};
const headers = {
  [SNAPSHOT_HEADERS.revision]: "42",
  [SNAPSHOT_HEADERS.keys]: "7",
  [SNAPSHOT_HEADERS.sha256]: facts.sha256,
  [SNAPSHOT_HEADERS.clusterId]: "c1",
};
const refusal = { code: "EtcdNotServing", message: "etcd is starting" };

let abort: AbortController;

beforeAll(() => agent.listen());
afterAll(() => agent.close());
beforeEach(() => {
  abort = new AbortController();
});

const stopped = new OperationError(ERROR_CODES.TIMEOUT, "a test", "that is enough");
const receive = async (told: SnapshotFacts, content: SnapshotContent) => ({
  told,
  got: await bytesOf(content),
});

describe("fetchSnapshot", () => {
  it("hands on what the agent tells of it, and its content", async () => {
    agent.answer = (_, response) => response.writeHead(200, headers).end(bytes);
    const { told, got } = await fetchSnapshot(address, abort.signal, receive);
    expect(told).toEqual(facts);
    expect(got.equals(bytes)).toBe(true);
    expect(agent.requests.at(-1)).toMatchObject({ method: "GET", url: "/v1/snapshot" });
  });

  it("hands on the refusal of a node whose etcd does not serve", async () => {
    agent.answer = (_, response) => response.writeHead(409).end(JSON.stringify(refusal));
    await expect(fetchSnapshot(address, abort.signal, receive)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_REFUSED,
      message: "EtcdNotServing: etcd is starting",
    });
  });

  it.each(Object.values(SNAPSHOT_HEADERS))("takes no snapshot without %s", async (name) => {
    for (const value of [undefined, "strange!"]) {
      const { [name]: _, ...others } = headers;
      agent.answer = (_, response) =>
        response.writeHead(200, { ...others, ...(value && { [name]: value }) }).end(bytes);
      await expect(fetchSnapshot(address, abort.signal, receive)).rejects.toMatchObject({
        code: ERROR_CODES.SNAPSHOT_FAILED,
        message: expect.stringContaining(name),
      });
    }
  });

  it("fails when the agent dies in the middle", async () => {
    agent.answer = (_, response) => {
      response.writeHead(200, { ...headers, "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    };
    await expect(fetchSnapshot(address, abort.signal, receive)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
      message: expect.stringContaining(agent.ip),
    });
  });

  it("fails as whoever receives it does, and lets the agent go", async () => {
    let gone = false;
    agent.answer = (_, response) => {
      response.writeHead(200, headers).write(bytes);
      response.once("close", () => {
        gone = true;
      });
    };
    const full = new OperationError(ERROR_CODES.DISK_FULL, "SaveSnapshot", "the disk is full");
    const fail = () => Promise.reject(full);
    await expect(fetchSnapshot(address, abort.signal, fail)).rejects.toBe(full);
    await until("the connection is closed", () => gone);
  });

  it("ends with the reason when it is aborted, in the middle too", async () => {
    agent.answer = (_, response) => {
      response.writeHead(200, headers).write(bytes);
      abort.abort(stopped);
    };
    await expect(fetchSnapshot(address, abort.signal, receive)).rejects.toBe(stopped);
    agent.answer = () => undefined;
    await expect(fetchSnapshot(address, abort.signal, receive)).rejects.toBe(stopped);
  });

  it("says that nobody is there", async () => {
    await expect(fetchSnapshot(nobody, abort.signal, receive)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
    });
  });
});

describe("sendSnapshot", () => {
  const send = (content = inPieces(bytes, 5000)) =>
    sendSnapshot(address, abort.signal, info, content);

  it("puts the content under its hash", async () => {
    agent.answer = (_, response) => response.writeHead(204).end();
    await send();
    expect(agent.requests.at(-1)).toMatchObject({
      method: "PUT",
      url: `/v1/snapshot?sha256=${facts.sha256}`,
    });
    expect(agent.lastBody.equals(bytes)).toBe(true);
  });

  it.each([
    [400, ERROR_CODES.SNAPSHOT_INVALID, /no snapshot/],
    [500, ERROR_CODES.AGENT_REFUSED, /the agent answered 500: it is no snapshot/],
    [507, ERROR_CODES.DISK_FULL, /node's disk is full.*\(it is no snapshot\)/],
  ])("tells what the answer %i means", async (status, code, message) => {
    agent.answer = (_, response) =>
      response.writeHead(status).end('{"message":"it is no snapshot"}');
    await expect(send()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("fails as its source does", async () => {
    const damaged = new OperationError(ERROR_CODES.SNAPSHOT_INVALID, "OpenSnapshot", "damaged");
    async function* broken(): SnapshotContent {
      yield await Promise.resolve(bytes.subarray(0, 1000));
      throw damaged;
    }
    await expect(send(broken())).rejects.toBe(damaged);
  });

  it("ends with the reason when it is aborted", async () => {
    agent.answer = () => abort.abort(stopped);
    await expect(send()).rejects.toBe(stopped);
  });

  it("says that nobody is there", async () => {
    const content = inPieces(bytes, 5000);
    await expect(sendSnapshot(nobody, abort.signal, info, content)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
    });
  });
});

describe("defragment", () => {
  it("is done when the agent says so, and not when it refuses", async () => {
    agent.answer = (_, response) => response.writeHead(204).end();
    await defragment(address, abort.signal);
    expect(agent.requests.at(-1)).toMatchObject({ method: "POST", url: "/v1/defragment" });
    agent.answer = (_, response) => response.writeHead(409).end(JSON.stringify(refusal));
    await expect(defragment(address, abort.signal)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_REFUSED,
      cause: refusal,
    });
  });
});
