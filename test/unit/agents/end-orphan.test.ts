import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { endOrphan } from "../../../controller/agents/end-orphan.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { AGENT_TOKEN, FakeAgent, healthyStatus } from "../../support/agents/fake-agent.ts";
import { systemClock } from "../../../controller/support/clock.ts";

const agent = new FakeAgent("127.77.6.1");
const signal = new AbortController().signal;
const TASK = healthyStatus().taskId;

beforeAll(() => agent.listen());
afterAll(() => agent.close());
beforeEach(() => void agent.requests.splice(0));

function end(
  isOver: (taskId: string) => boolean,
  { ip = agent.ip, present = null as string | null } = {},
): Promise<void> {
  const address = { ip, token: AGENT_TOKEN, tls: false, connect: connectAgent };
  return endOrphan({ address, isOver, present, clock: systemClock, signal });
}

function tell(response: ServerResponse): void {
  response.end(JSON.stringify(healthyStatus()));
}

describe("an orphan", () => {
  it("is told to end by its task id, and waited for", async () => {
    let stopped = false;
    agent.answer = ({ url = "" }, response) => {
      if (stopped) return response.destroy();
      if (url === "/v1/status") return tell(response);
      stopped = url === `/v1/stop?taskId=${TASK}`;
      response.writeHead(202).end();
    };
    await end((taskId) => taskId === TASK);
    expect(agent.requests.map(({ method }) => method).slice(0, 2)).toEqual(["GET", "POST"]);
  });

  it("that answers no more while it is told has ended", async () => {
    let told = false;
    agent.answer = ({ method }, response) => {
      if (method === "GET" && !told) return tell(response);
      told = true;
      response.destroy();
    };
    await expect(end(() => true)).resolves.toBeUndefined();
  });

  it("is not there where nobody answers", async () => {
    await expect(end(() => true, { ip: "127.77.6.2" })).resolves.toBeUndefined();
  });

  it("is gone where the task answers that is meant to be there", async () => {
    agent.answer = (_, response) => tell(response);
    await expect(end(() => false, { present: TASK })).resolves.toBeUndefined();
    expect(agent.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("is none when its task is not an earlier one of the slot: it is left alone and named", async () => {
    agent.answer = (_, response) => tell(response);
    await expect(end(() => false)).rejects.toMatchObject({
      code: ERROR_CODES.AGENT_REFUSED,
      message: expect.stringContaining(TASK),
    });
    expect(agent.requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});
