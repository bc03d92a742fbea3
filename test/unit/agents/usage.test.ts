/** What a node uses, asked of an agent that may say anything: whoever is root in its container can be it. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { readUsage } from "../../../controller/agents/usage.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";

const agent = new FakeAgent("127.0.0.58");
beforeEach(() => agent.listen());
afterEach(() => agent.close());

const USAGE = { cpuSeconds: 1.5, memoryBytes: 2, memoryLimitBytes: null, disk: null };

function readWhen(status: number, text: string) {
  agent.answer = (_, response) => void response.writeHead(status).end(text);
  return readUsage({ ip: agent.ip, token: AGENT_TOKEN, tls: false });
}

it("is what the agent says", async () => {
  expect(await readWhen(200, JSON.stringify(USAGE))).toEqual({ usage: USAGE });
});

it.each([
  ["an agent of a release before", 404, "", "does not tell"],
  ["one that cannot", 501, "", "answers 501"],
  ["less than nothing", 200, JSON.stringify({ ...USAGE, memoryBytes: -1 }), "memoryBytes must be"],
  ["no JSON", 200, "usage", "not valid JSON"],
  ["too much", 200, JSON.stringify({ ...USAGE, more: "x".repeat(5_000) }), "does not answer"],
])("is a problem with %s", async (_, status, text, problem) => {
  const reading = await readWhen(status, text);
  expect(reading).toEqual({ problem: expect.stringContaining(problem) });
});

it("quotes nothing that a terminal obeys", async () => {
  const reading = await readWhen(200, "\u001b]0;title\u0007\n");
  expect("problem" in reading && reading.problem).toMatch(/\uFFFD\]0;title\uFFFD/);
  expect("problem" in reading && reading.problem).not.toMatch(/\p{Cc}/u);
});
