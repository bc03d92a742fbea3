import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../../controller/agents/logs.ts";
import { sendStartCommand } from "../../../controller/agents/start-command.ts";
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";
import { until } from "../../support/poll.ts";

const agent = new FakeAgent("127.77.3.1");
const command: StartCommand = {
  commandId: "o-1",
  etcd: { mode: "resume", memberName: "slot-1", clusterId: null },
  tls: null,
  jupyter: { token: "t", cookieSecret: "c" },
};

function send(ip: string, token = AGENT_TOKEN): Promise<void> {
  return sendStartCommand({ ip, token, tls: false, connect: connectAgent }, command, systemClock);
}

beforeAll(() => agent.listen());
afterAll(() => agent.close());

describe("sendCommand", () => {
  it("puts the command", async () => {
    agent.answer = (_, response) => response.writeHead(202).end();
    await send(agent.ip);
    expect(agent.requests.at(-1)).toEqual({
      method: "PUT",
      url: "/v1/start",
      body: JSON.stringify(command),
    });
  });

  it("hands the agent's refusal on, with its code", async () => {
    const refusal = { code: "DataPresent", message: "there is data of cluster c9" };
    agent.answer = (_, response) => response.writeHead(409).end(JSON.stringify(refusal));
    await expect(send(agent.ip)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_REFUSED,
      message: "DataPresent: there is data of cluster c9",
      cause: refusal,
    });
  });

  it("is refused without the right token, and by an answer that is none of an agent", async () => {
    const code = ERROR_CODES.AGENT_REFUSED;
    await expect(send(agent.ip, "wrong")).rejects.toMatchObject({ code });
    agent.answer = (_, response) => response.writeHead(200).end("<html>");
    await expect(send(agent.ip)).rejects.toMatchObject({
      code,
      message: "the agent answered 200: <html>",
    });
  });

  it("says that nobody is there", async () => {
    await expect(send("127.77.3.250")).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
      message: expect.stringContaining("127.77.3.250"),
    });
  });

  it("gives up an agent that does not answer", async () => {
    agent.answer = () => undefined;
    await expect(send(agent.ip)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
    });
  });
});

const PLAIN = { tail: null, follow: false, previous: false, since: null, timestamps: false };

describe("openLog", () => {
  it("asks for the container before, a time and timestamps, and says when nothing was left", async () => {
    const target = { ip: agent.ip, token: AGENT_TOKEN, tls: false };
    agent.answer = (_, response) => response.end("2026-01-02T03:04:05.678Z one\n");
    const log = await openLog(target, "etcd", { ...PLAIN, since: 5, timestamps: true });
    expect(await text(log)).toBe("2026-01-02T03:04:05.678Z one\n");
    expect(agent.requests.at(-1)?.url).toBe("/v1/logs/etcd?since=5&timestamps=true");
    agent.answer = (_, response) => response.writeHead(404).end();
    await expect(openLog(target, "etcd", { ...PLAIN, previous: true })).rejects.toThrow(
      "No container before has left a log of etcd in this node's volume.",
    );
    expect(agent.requests.at(-1)?.url).toBe("/v1/logs/etcd/previous");
  });

  it("reads a log to its end", async () => {
    agent.answer = (_, response) => response.end("one\ntwo\n");
    const log = await openLog({ ip: agent.ip, token: AGENT_TOKEN, tls: false }, "etcd", {
      ...PLAIN,
      tail: 2,
    });
    expect(await text(log)).toBe("one\ntwo\n");
    expect(agent.requests.at(-1)?.url).toBe("/v1/logs/etcd?tail=2");
  });

  it("follows until it is destroyed, and then leaves the agent alone", async () => {
    let gone = false;
    agent.answer = (_, response) => {
      response.write("one\n");
      response.once("close", () => {
        gone = true;
      });
    };
    const log = await openLog({ ip: agent.ip, token: AGENT_TOKEN, tls: false }, "agent", {
      ...PLAIN,
      follow: true,
    });
    expect(String(await until("the first line", () => log.read() as Buffer | null))).toBe("one\n");
    expect(agent.requests.at(-1)?.url).toBe("/v1/logs/agent?follow=true");
    log.once("error", () => undefined);
    log.destroy();
    await until("the connection is closed", () => gone);
  });

  it("tells a unit that there is not from an agent that is not there", async () => {
    const options = PLAIN;
    agent.answer = (_, response) => response.writeHead(404).end();
    await expect(
      openLog({ ip: agent.ip, token: AGENT_TOKEN, tls: false }, "httpd", options),
    ).rejects.toMatchObject({
      code: ERROR_CODES.NOT_FOUND,
    });
    await expect(
      openLog({ ip: "127.77.3.250", token: AGENT_TOKEN, tls: false }, "etcd", options),
    ).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_UNREACHABLE,
    });
  });
});
