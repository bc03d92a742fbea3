/** A launch that failed, as a real Mesos told it, and the agent in whose sandbox the reason is. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentAddresses } from "../../../controller/mesos/http/agent-addresses.ts";
import { READ_DEADLINE_MS } from "../../../controller/mesos/http/sandbox-reader.ts";
import { reasonIn } from "../../../controller/mesos/tasks/launch-failure.ts";
import type { Offer } from "../../../controller/mesos/wire.ts";
import { capturedOffers, capturedStatus } from "../../support/mesos/captures.ts";
import { offersOf, startMaster, startScheduler, update } from "../../support/mesos/scene.ts";

const FAILED = capturedStatus("docker-run-failed-125");
const ID = FAILED.task_id.value;
const BARE = "Container exited with status 125";
const STDERR = [
  "I1129 10:46:02.123456 12345 exec.cpp:164] Version: 1.12.0",
  "docker: Error response from daemon: network nonet not found.",
  "See 'docker run --help'.",
  "",
].join("\n");
const REASON = "docker: Error response from daemon: network nonet not found.";

type Answer = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

/** As a real agent reads files: the size at offset -1, else so many bytes from there. */
const serving =
  (content: string): Answer =>
  (_request, response, query) => {
    const bytes = Buffer.from(content);
    const offset = Number(query.get("offset"));
    const length = Number(query.get("length"));
    const data = bytes.subarray(offset, offset + length).toString();
    const part = offset === -1 ? { data: "", offset: bytes.length } : { data, offset };
    response.end(JSON.stringify(part));
  };

/** An agent, and a scheduler to which a master has named it; the launch fails there. */
async function failedLaunch(answer: Answer, url: Partial<NonNullable<Offer["url"]>> | null = {}) {
  const asked: { path: string | undefined; headers: IncomingMessage["headers"] }[] = [];
  const agent = createServer((request, response) => {
    asked.push({ path: request.url, headers: request.headers });
    answer(request, response, new URL(request.url ?? "", "http://agent").searchParams);
  });
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    agent.closeAllConnections();
    agent.close();
  });
  const m = await startMaster();
  const credentials = { principal: "lab", secret: "of-the-lab" };
  const known = [{ taskId: ID, agentId: FAILED.agent_id?.value ?? "" }];
  const test = startScheduler([m.address], { credentials }, known);
  test.scheduler.setDemand(true);
  const stream = await m.stream();
  const { port } = agent.address() as AddressInfo;
  const address = { hostname: "agent.invalid", ip: "127.0.0.1", port };
  const [offer] = capturedOffers("offers");
  if (offer === undefined || FAILED.agent_id === undefined)
    throw new Error("a capture has changed");
  const named = url && { url: { scheme: "http", address, ...url } };
  const { url: _, ...bare } = offer;
  stream.send(offersOf({ ...bare, agent_id: FAILED.agent_id, ...named }));
  stream.send(update(FAILED));
  const told = () => test.passUntil("the failure is told", () => test.task(ID)?.message, 0);
  return { m, test, asked, told };
}

describe("a launch that failed with a bare status", () => {
  it("is told with Docker's reason, asked of the agent that the offers name, and acknowledged", async () => {
    const { m, test, asked, told } = await failedLaunch(serving(STDERR));
    expect(await told()).toBe(`${BARE}: ${REASON}`);
    expect(test.task(ID)).toMatchObject({ state: "TASK_FAILED" });
    expect((await m.received("ACKNOWLEDGE")).acknowledge.uuid).toBe(FAILED.uuid);
    const file = `/frameworks/${m.frameworkId}/executors/${ID}/runs/latest/stderr`;
    const paths = asked.map(({ path }) => new URL(path ?? "", "http://agent"));
    expect(paths.map((url) => [url.pathname, url.searchParams.get("path")])).toEqual([
      ["/files/read", file],
      ["/files/read", file],
    ]);
    const basic = Buffer.from("lab:of-the-lab").toString("base64");
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(
      asked.map(() => `Basic ${basic}`),
    );
  });

  it("is told with the end of what is long, and without what is secret", async () => {
    const long = `${"x".repeat(40_000)}\ndocker: bad mount http://lab:secret@store/?token=abc\n`;
    const { asked, told } = await failedLaunch(serving(long));
    expect(await told()).toBe(
      `${BARE}: docker: bad mount http://lab:[redacted]@store/?token=[redacted]`,
    );
    const last = new URL(asked.at(-1)?.path ?? "", "http://agent").searchParams;
    expect(last.get("offset")).toBe(String(long.length - 16_384));
  });

  it.each<[string, Answer, RegExp]>([
    [
      "has lost the file",
      (_, response) => response.writeHead(404).end(),
      /can't be read: .*127\.0\.0\.1:\d+ answers 404/,
    ],
    [
      "answers something else",
      (_, response) => response.end("<html>"),
      /can't be read: .* answers something else/,
    ],
    ["hangs up", ({ socket }) => socket.destroy(), /can't be read: .* does not answer/],
    [
      "redirects",
      (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      /answers 307/,
    ],
    ["has an empty file", serving(""), /\(its sandbox's stderr says no reason\)$/],
  ])("is told all the same when the agent %s", async (_what, answer, expected) => {
    const { m, told } = await failedLaunch(answer);
    expect(await told()).toMatch(expected);
    await m.received("ACKNOWLEDGE");
  });

  it("is told when the agent does not answer in time", async () => {
    const { test, asked } = await failedLaunch(() => undefined);
    await test.passUntil("the agent is asked", () => asked.length > 0, 0);
    expect(test.task(ID)).toBeUndefined();
    test.clock.advance(READ_DEADLINE_MS);
    const told = await test.passUntil("the failure is told", () => test.task(ID)?.message, 0);
    expect(told).toContain(`did not answer within ${READ_DEADLINE_MS} ms`);
  });

  it.each<[string, Parameters<typeof failedLaunch>[1]]>([
    ["no address of it was named", null],
    ["it speaks otherwise than the masters", { scheme: "https" }],
  ])("asks nobody when %s", async (_what, url) => {
    const { asked, told } = await failedLaunch(serving(STDERR), url);
    expect(await told()).toContain("has not named the agent's address");
    expect(asked).toEqual([]);
  });
});

describe("the reason in a sandbox's stderr", () => {
  it.each([
    ["is Docker's, without what the executor logs and without advice", STDERR, REASON],
    ["is all that was written when Docker says nothing", "one\n\ntwo\n", "one two"],
    ["has no control characters", "docker: \u001B[31mred\u0007\u001B[0m\r\n", "docker: red"],
    ["is not there when only the executor speaks", STDERR.split("\n")[0] ?? "", null],
    ["is not there in nothing", "", null],
  ])("%s", (_what, stderr, reason) => {
    expect(reasonIn(stderr)).toBe(reason);
  });
});

describe("an agent's address", () => {
  const [offer] = capturedOffers("offers");
  const with_ = (address: unknown, scheme = "http") =>
    [{ ...offer, url: { scheme, address } }] as unknown as Offer[];
  const id = offer?.agent_id.value ?? "";

  it.each<[string, "http" | "https", Offer[], object | undefined]>([
    [
      "is its IP address",
      "http",
      with_({ hostname: "h", ip: "10.0.0.1", port: 5051 }),
      { host: "10.0.0.1", port: 5051 },
    ],
    [
      "is its name where a certificate names it",
      "https",
      with_({ hostname: "h", ip: "10.0.0.1", port: 5051 }, "https"),
      { host: "h", port: 5051 },
    ],
    [
      "is none with another scheme",
      "https",
      with_({ hostname: "h", ip: "10.0.0.1", port: 5051 }),
      undefined,
    ],
    ["is none with a path for a host", "http", with_({ ip: "evil/x", port: 5051 }), undefined],
    ["is none with a wrong port", "http", with_({ ip: "10.0.0.1", port: "5051" }), undefined],
    ["is none when there is nothing", "http", with_(null), undefined],
  ])("%s", (_what, scheme, offers, expected) => {
    const addresses = new AgentAddresses(scheme);
    addresses.learn(offers);
    expect(addresses.of(id)).toEqual(expected);
  });
});
