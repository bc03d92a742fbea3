import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentStreams } from "../../../controller/agents/agent-streams.ts";
import { HEARTBEAT_INTERVAL_MS, AGENT_PORT } from "../../../controller/model/agent-api.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { AGENT_TOKEN, FakeAgent, healthyStatus } from "../../support/agents/fake-agent.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const status = healthyStatus();
const { taskId } = status;

let agent: FakeAgent;
let streams: AgentStreams;
let changes: string[];
let lastByte = 0;

beforeEach(async () => {
  lastByte += 1;
  agent = new FakeAgent(`127.77.1.${lastByte}`);
  changes = [];
  streams = new AgentStreams({
    connect: connectAgent,
    clock: systemClock,
    log: silentLog,
    onChange: (id) => changes.push(id),
  });
});

afterEach(async () => {
  streams.closeAll();
  await agent.close();
});

const freshness = () => streams.observe(taskId)?.freshness;
const value = () => {
  const source = streams.observe(taskId);
  return source === undefined || source.freshness === "unknown" ? undefined : source.value;
};
const reason = () => {
  const source = streams.observe(taskId);
  return source?.freshness === "unknown" ? source.reason : "";
};

describe("AgentStreams", () => {
  it("knows nothing of a task that it was never told of", () => {
    expect(streams.observe(taskId)).toBeUndefined();
  });

  it("finds an agent that starts after the first dials, and says every change once", async () => {
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("a dial was refused", () => /ECONNREFUSED/.test(reason()));
    agent.say(status);
    await agent.listen();
    await until("the first status", () => freshness() === "fresh");
    expect(value()).toEqual(status);
    agent.say(status);
    agent.say(healthyStatus({ sequence: 2, phase: "stopping" }));
    await until("the second status", () => value()?.sequence === 2);
    expect(changes).toEqual([taskId, taskId]);
  });

  it("tells whose agent answers in the place of the task's, for as long as it does", async () => {
    const other = healthyStatus({ taskId: "default.lab.01234567.0.1" });
    await agent.listen();
    agent.say(other);
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the other is met", () => streams.otherTaskAt(taskId) === other.taskId);
    expect([freshness(), changes]).toEqual(["unknown", [taskId]]);
    agent.say(status);
    await until("the task's own agent answers", () => freshness() === "fresh");
    expect(streams.otherTaskAt(taskId)).toBeNull();
  });

  it("tells an agent of which no version is known from one that talks nonsense or is gone", async () => {
    await agent.listen();
    agent.say(JSON.stringify({ taskId: "another", apiVersions: [9] }));
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("another answers", () => /speaks API 9/.test(reason()));
    expect(streams.otherTaskAt(taskId)).toBe("another");
    expect(streams.unsupported(taskId)).toBeNull();
    agent.say(JSON.stringify({ taskId, release: "9.0.0", apiVersions: [8, 9], novelty: true }));
    await until("it is known", () => streams.unsupported(taskId) !== null);
    expect(streams.unsupported(taskId)).toEqual({ release: "9.0.0", apiVersions: [8, 9] });
    expect(freshness()).toBe("unknown");
    expect(reason()).toContain("agent of release 9.0.0 speaks API 8, 9");
    agent.say(status);
    await until("the update", () => freshness() === "fresh");
    expect(streams.unsupported(taskId)).toBeNull();
    agent.say(JSON.stringify({ ...status, apiVersions: [9] }));
    await until("it is known again", () => streams.unsupported(taskId) !== null);
    await agent.close();
    await until("it is gone", () => streams.unsupported(taskId) === null);
  });

  it("keeps one stream however often it is told to connect", async () => {
    await agent.listen();
    agent.say(status);
    for (let i = 0; i < 5; i += 1)
      streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the first status", () => freshness() === "fresh");
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    expect(agent.watching).toBe(1);
    expect(freshness()).toBe("fresh");
  });

  it("is stale at the end of the stream, with the last value, and fresh again after it", async () => {
    await agent.listen();
    agent.say(status);
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the first status", () => freshness() === "fresh");
    const seen: (string | undefined)[] = [];
    const before = changes.length;
    agent.dropConnections();
    await until("the loss was told", () => {
      if (changes.length > before) seen.push(freshness());
      return seen.length > 0;
    });
    await until("it is back", () => freshness() === "fresh");
    expect(changes.length).toBeGreaterThanOrEqual(before + 2);
    expect(value()).toEqual(status);
  });

  it("never takes another task's word for this one's", async () => {
    await agent.listen();
    agent.say(healthyStatus({ taskId: "default.lab.0a1b2c3d.1.1" }));
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the other task was noticed", () => /task default.*1\.1 answers/.test(reason()));
    expect(changes).toEqual([taskId]);
  });

  it.each([
    ["a wrong token", "nonsense", "{}", /answered 401: no token/],
    ["a message that is no JSON", AGENT_TOKEN, "{", /no JSON/],
    ["a message that does not fit", AGENT_TOKEN, JSON.stringify({ ...status, slot: "1" }), /slot/],
    ["a line without an end", AGENT_TOKEN, "x".repeat(2_000_000), /longer than 1048576 characters/],
  ])("says why nothing is known: %s", async (_, token, line, expected) => {
    await agent.listen();
    agent.say(line);
    streams.connect(taskId, { ip: agent.ip, token: token, tls: false });
    await until("the reason", () => expected.test(reason()));
    expect(freshness()).toBe("unknown");
  });

  it("calls nobody back once it is disconnected", async () => {
    await agent.listen();
    agent.say(status);
    streams.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the first status", () => freshness() === "fresh");
    streams.disconnect(taskId);
    const before = changes.length;
    await until("the connection is closed", () => agent.watching === 0);
    expect(changes.length).toBe(before);
    expect(streams.observe(taskId)).toBeUndefined();
  });
});

describe("AgentStreams, silence", () => {
  it("is stale when nothing came for more than three beats, and dials anew", async () => {
    const clock = new ManualClock(1_000);
    await agent.listen();
    agent.say(status);
    const onChange = (id: string) => changes.push(id);
    const own = new AgentStreams({ connect: connectAgent, clock, log: silentLog, onChange });
    own.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the first status", () => own.observe(taskId)?.freshness === "fresh");
    clock.next();
    const since = clock.now();
    expect(since - 1_000).toBeGreaterThan(3 * HEARTBEAT_INTERVAL_MS);
    expect(own.observe(taskId)).toEqual({ freshness: "stale", value: status, since });
    expect(changes).toEqual([taskId, taskId]);
    await until("the silent connection is closed", () => agent.watching === 0);
    await until("the next dial is due", () => clock.next());
    await until("it is back", () => own.observe(taskId)?.freshness === "fresh");
    own.closeAll();
  });

  it("takes what waited while this process stood still for no news, and believes the next beat", async () => {
    let now = 1_000;
    const clock = { now: () => now, after: () => () => undefined };
    await agent.listen();
    agent.say(status);
    const own = new AgentStreams({
      connect: connectAgent,
      clock,
      log: silentLog,
      onChange: (id) => changes.push(id),
    });
    own.connect(taskId, { ip: agent.ip, token: AGENT_TOKEN, tls: false });
    await until("the first status", () => own.observe(taskId)?.freshness === "fresh");
    // As by SIGSTOP: the timers did not run, and the agent's words waited in the socket.
    now += 20_000;
    agent.say(healthyStatus({ sequence: 2 }));
    await until("it was read", () => changes.length === 2);
    expect(own.observe(taskId)?.freshness).toBe("stale");
    now += HEARTBEAT_INTERVAL_MS;
    agent.say(healthyStatus({ sequence: 2 }));
    await until("it is believed", () => own.observe(taskId)?.freshness === "fresh");
    own.closeAll();
  });

  it("gives up a peer that takes the connection and never answers", async () => {
    const silent: Server = createServer((socket) => socket.resume());
    const ip = "127.77.2.1";
    await new Promise<void>((resolve) => silent.listen(AGENT_PORT, ip, resolve));
    streams.connect(taskId, { ip: ip, token: AGENT_TOKEN, tls: false });
    await until("the reason", () => /[Tt]imeout/.test(reason()));
    streams.closeAll();
    await new Promise((resolve) => silent.close(resolve));
  });
});
