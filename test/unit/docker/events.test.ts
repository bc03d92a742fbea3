import { createServer, type Server, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireDocker } from "../../../controller/docker/connect.ts";
import {
  type ContainerEvent,
  watchContainers,
} from "../../../controller/docker/container-watch.ts";
import { DockerEvents } from "../../../controller/docker/events.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

/** An engine that tells the events that the test wants. */
let directory: string;
let socketPath: string;
let server: Server;
let requests: string[];
let streams: ServerResponse[];
let events: ContainerEvent[];
let states: boolean[];
let subject: DockerEvents;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "docker-events-test-"));
  socketPath = join(directory, "docker.sock");
  [requests, streams, events, states] = [[], [], [], []];
  server = createServer((request, response) => {
    requests.push(decodeURIComponent(request.url ?? ""));
    response.writeHead(200);
    response.flushHeaders();
    streams.push(response);
  });
  subject = new DockerEvents({
    docker: new Docker({ socketPath }),
    clock: systemClock,
    log: silentLog,
    onEvent: (event) => events.push(event),
    onState: (connected) => states.push(connected),
  });
});

afterEach(async () => {
  subject.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const listen = () => new Promise<void>((resolve) => server.listen(socketPath, resolve));

function tell(id: string, atSeconds: number): void {
  const event = {
    Action: "start",
    Actor: { ID: id, Attributes: { name: id } },
    timeNano: atSeconds * 1e9,
  };
  streams.at(-1)?.write(`${JSON.stringify(event)}\n`);
}

describe("DockerEvents", () => {
  it("waits for an engine that is not there yet", async () => {
    subject.start();
    await listen();
    await until("the stream stands", () => states[0]);
    expect(requests[0]).toContain('"label":["jupytercluster.dev/cluster"]');
    expect(requests[0]).not.toContain("since");
  });

  it("goes on where it broke off, and says so meanwhile", async () => {
    await listen();
    subject.start();
    await until("the stream stands", () => states.length === 1);
    tell("first", 1_700_000_000);
    await until("the first event", () => events.length === 1);
    streams[0]?.destroy();
    await until("the stream stands again", () => states.length === 3);
    expect(states).toEqual([true, false, true]);
    expect(requests[1]).toContain("since=1700000000");
    tell("second", 1_700_000_001);
    await until("the second event", () => events.length === 2);
    expect(events.map((event) => event.containerName)).toEqual(["first", "second"]);
  });

  it("begins anew when what answers is not the engine", async () => {
    await listen();
    subject.start();
    await until("the stream stands", () => states.length === 1);
    streams[0]?.write("<html>\n");
    await until("the stream stands again", () => states.length === 3);
    expect(events).toEqual([]);
  });

  it("lets go of the engine when it is stopped", async () => {
    await listen();
    subject.start();
    await until("the stream stands", () => states.length === 1);
    let closed = false;
    streams[0]?.once("close", () => {
      closed = true;
    });
    subject.stop();
    await until("the connection is closed", () => closed);
    expect(states).toEqual([true]);
    expect(requests).toHaveLength(1);
  });
});

describe("watchContainers", () => {
  async function watch() {
    const ending = new AbortController();
    const closed: string[] = [];
    await listen();
    await watchContainers(new Docker({ socketPath }), {
      actions: ["die"],
      labels: ["a=b"],
      signal: ending.signal,
      onEvent: (event) => events.push(event),
      onClosed: (reason) => closed.push(reason),
    });
    return { ending, closed };
  }

  it("tells an end that arrives in pieces, once", async () => {
    await watch();
    const attributes = { name: "mesos-x", exitCode: "137" };
    const die = JSON.stringify({ Action: "die", Actor: { ID: "x", Attributes: attributes } });
    streams[0]?.write(die.slice(0, 20));
    streams[0]?.write(`${die.slice(20)}\n${die}\n`);
    await until("two ends", () => events.length === 2);
    expect(events[0]).toMatchObject({ action: "die", containerName: "mesos-x", exitCode: 137 });
  });

  it("says once that the engine has closed the stream", async () => {
    const { closed } = await watch();
    streams[0]?.end();
    await until("the end", () => closed.length > 0);
    expect(closed).toEqual(["the engine closed the stream"]);
  });

  it("says why it gives up", async () => {
    const { closed } = await watch();
    streams[0]?.write("<html>\n");
    await until("the end", () => closed.length > 0);
    expect(closed).toEqual(["Docker's event stream is not JSON"]);
  });
});

describe("requireDocker", () => {
  it("says what to do when there is no engine", async () => {
    await expect(requireDocker(new Docker({ socketPath }))).rejects.toMatchObject({
      code: ERROR_CODES.DOCKER_UNREACHABLE,
      message: expect.stringMatching(/ENOENT.*Start it|DOCKER_HOST/),
    });
    await listen();
  });
});
