import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ContainerEnd,
  EngineError,
} from "../../../../controller/mesos-local/agent/docker-engine.ts";
import { DockerLink } from "../../../../controller/mesos-local/agent/docker-link.ts";
import { FakeDockerEngine } from "../../../support/mesos-local/fake-docker-engine.ts";
import { SteppedClock } from "../../../support/mesos-local/stepped-clock.ts";
import { until } from "../../../support/poll.ts";
import { silentLog } from "../../../support/silent-log.ts";

const SECOND = 1000;
const REFUSED = new EngineError("unreachable", "connect ECONNREFUSED");

let clock: SteppedClock;
let docker: FakeDockerEngine;
let link: DockerLink;
let happened: string[];

beforeEach(() => {
  clock = new SteppedClock();
  docker = new FakeDockerEngine();
  happened = [];
  const target = {
    ended: ({ madeAs: name, exitCode }: ContainerEnd) => happened.push(`${name} ended ${exitCode}`),
    synchronize: async () => void happened.push("synchronized"),
    connected: () => happened.push("connected"),
    disconnected: () => happened.push("disconnected"),
  };
  link = new DockerLink(docker, target, clock, silentLog);
});

afterEach(() => link.stop());

function watches(): number {
  return docker.calls.filter((call) => call === "watchEnds").length;
}

describe("the connection to Docker", () => {
  test("stands when what is there has been looked at, after the events are open", async () => {
    await link.connect();
    expect(happened).toEqual(["synchronized", "connected"]);
    expect(link.isConnected).toBe(true);
    expect(link.lastProblem).toBeNull();
  });

  test("is tried again after 0.1 s, then ever later, at most 5 s", async () => {
    docker.fail("watchEnds", REFUSED);
    await link.connect();
    const at: number[] = [];
    let last = watches();
    for (let ms = 100; ms <= 20_000; ms += 100) {
      clock.advance(100);
      // The failure of an attempt is known, and the next one set, a few turns later.
      await new Promise((resolve) => setImmediate(resolve));
      if (watches() > last) at.push(ms);
      last = watches();
    }
    expect(at).toEqual([100, 300, 700, 1500, 3100, 6300, 11_300, 16_300]);
    expect(link.lastProblem).toBe("connect ECONNREFUSED");
  });

  test("that breaks is told once, and made again", async () => {
    await link.connect();
    docker.disconnect("reset");
    expect(happened.at(-1)).toBe("disconnected");
    clock.advance(SECOND);
    await until("connected again", () => link.isConnected);
    expect(happened.filter((what) => what === "disconnected")).toHaveLength(1);
  });

  test("to an engine that hangs is given up after a ping without answer", async () => {
    await link.connect();
    vi.spyOn(docker, "ping").mockRejectedValueOnce(new EngineError("unreachable", "no answer"));
    clock.advance(15 * SECOND);
    await until("given up", () => happened.includes("disconnected"));
    expect(link.lastProblem).toBe("no answer");
  });

  test("that is pinged with success stands, ping after ping", async () => {
    const ping = vi.spyOn(docker, "ping");
    await link.connect();
    for (let n = 1; n <= 4; n += 1) {
      clock.advance(15 * SECOND);
      await until("the ping", () => ping.mock.calls.length === n);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(link.isConnected).toBe(true);
  });

  test("is not made any more once stopped, not even by an answer under way", async () => {
    const open = docker.hold("watchEnds");
    const connecting = link.connect();
    link.stop();
    open();
    await connecting;
    clock.advance(60 * SECOND);
    expect(happened).toEqual([]);
    expect(watches()).toBe(1);
  });
});
