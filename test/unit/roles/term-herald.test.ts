/** Every agent hears of the term of a controller that begins to act. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { Serving } from "../../../controller/roles/serving.ts";
import { TermHerald } from "../../../controller/roles/term-herald.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";
import { fakeAgent } from "../../support/planner/fixtures.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const KEY = "default/demo";
const common = { clock: systemClock, log: silentLog, connectAgent };

let agent: FakeAgent;
let serving: Serving;
let herald: TermHerald;

beforeEach(async () => {
  agent = new FakeAgent("127.0.92.10");
  await agent.listen();
  const newProxy = (wanted: ConstructorParameters<typeof JupyterProxy>[0]) =>
    new JupyterProxy(wanted);
  serving = new Serving({ ...common, newProxy, interposed: null });
  herald = new TermHerald({ ...common, serving });
  const target = { ip: agent.ip, token: AGENT_TOKEN, tls: false };
  serving.listen(KEY, new Map([["t1", target]]));
});

afterEach(async () => {
  herald.stop();
  await serving.close();
  await agent.close();
});

/** As the agent process of this id says it. */
function status(instanceId: string, sequence = 1) {
  const plain = fakeAgent({
    slot: 0,
    taskId: "t1",
    phase: "awaiting-start",
    commandId: null,
    data: { state: "empty" },
    etcd: null,
    snapshot: null,
    etcdExited: false,
    jupyterReady: false,
    hosts: null,
    sshKnownSlots: [],
  });
  return { ...plain, instanceId, sequence };
}

async function seen(instanceId: string, sequence = 1): Promise<void> {
  agent.say(status(instanceId, sequence));
  await until("it is seen", () => {
    const source = serving.streams.observe("t1");
    return (
      source?.freshness === "fresh" &&
      source.value.instanceId === instanceId &&
      source.value.sequence === sequence
    );
  });
}

it("one that was in sight before is told at once, one that is another process again, and no one twice", async () => {
  await seen("a");
  herald.start();
  await until("it is told", () => agent.requests.length === 1);
  expect(agent.requests[0]).toMatchObject({ method: "PUT", url: "/v1/term" });
  await seen("a", 2);
  await seen("b");
  await until("the next process is told", () => agent.requests.length === 2);
});

it("one that could not be told is told again", async () => {
  agent.answer = (_, response) => void response.destroy();
  await seen("a");
  herald.start();
  await until("it is tried", () => agent.requests.length > 0);
  agent.answer = (_, response) => void response.writeHead(204).end();
  const before = agent.requests.length;
  await until("it is tried again", () => agent.requests.length > before);
});
