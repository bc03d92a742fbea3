/** The client on real sockets, against a server that does what a test wants, on a stepped clock. */
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { LOOK_EACH_MS, ZooKeeperClient } from "../../../controller/zookeeper/client.ts";
import type { ZooKeeperConnection } from "../../../controller/zookeeper/connection.ts";
import { freePort } from "../../support/free-port.ts";
import { SteppedClock } from "../../support/mesos-local/stepped-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { FakeZooKeeper } from "../../support/zookeeper/fake-server.ts";
import { header } from "../../support/zookeeper/replies.ts";

interface Options {
  readonly auth?: { readonly user: string; readonly password: string };
  readonly look?: (connection: ZooKeeperConnection) => Promise<void>;
}

/** A client that reads the children of `/m`, in the order of the servers. */
function startClient(servers: readonly FakeZooKeeper["address"][], options: Options = {}) {
  const clock = new SteppedClock();
  const seen: (readonly string[] | null)[] = [];
  const told: OperationError[] = [];
  const client = new ZooKeeperClient({
    servers,
    auth: options.auth ?? null,
    clock,
    log: silentLog,
    random: () => 0,
    look: async (connection) => {
      const names = await connection.children("/m");
      await options.look?.(connection);
      seen.push(names);
    },
    onUnreachable: (reason) => told.push(reason),
  });
  client.start();
  onTestFinished(() => client.stop());
  /** Time passes, in small steps, until it is so. */
  const passUntil = <T>(what: string, probe: () => T | null | undefined | false, stepMs = 20) =>
    until(what, () => {
      const value = probe();
      if (value !== null && value !== undefined && value !== false) return value;
      clock.advance(stepMs);
      return null;
    });
  return { client, clock, seen, told, passUntil };
}

describe("the ZooKeeper client", () => {
  it("looks at once, at every event, and now and then", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    server.timeoutOf = () => 60_000;
    const { seen, passUntil } = startClient([server.address]);
    await until("a look", () => seen.length === 1);
    server.set("/m/a", "");
    await passUntil("what the event told", () => seen.at(-1)?.includes("a"));
    const looks = seen.length;
    await passUntil("another look", () => seen.length > looks, LOOK_EACH_MS / 2);
    expect(server.hellos).toEqual([{ lastZxid: 0n, timeoutMs: 10_000 }]);
  });

  it("tells a node that is missing from an empty one, and hears when it comes", async () => {
    const server = await FakeZooKeeper.start();
    const existed: boolean[] = [];
    const { seen, passUntil } = startClient([server.address], {
      look: async (connection) => void existed.push(await connection.exists("/m")),
    });
    await until("a look", () => seen.length === 1);
    expect([seen[0], existed[0]]).toEqual([null, false]);
    server.set("/m", "");
    await passUntil("the node", () => seen.at(-1)?.length === 0);
    expect(existed.at(-1)).toBe(true);
  });

  it("keeps a quiet session with pings, for as long as they are answered", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    const { seen, clock } = startClient([server.address]);
    await until("a look", () => seen.length === 1);
    for (let n = 1; n <= 12; n += 1) {
      clock.advance(3400);
      await until("a ping", () => server.pings >= n);
      const looks = seen.length;
      // What comes after the ping's answer was heard after it.
      server.set("/m", String(n));
      server.set(`/m/${n}`, "");
      clock.advance(50);
      await until("the event", () => seen.length > looks);
    }
    expect(server.hellos).toHaveLength(1);
  });

  it("leaves a server that hangs after two thirds of the session's time-out", async () => {
    const [first, second] = [
      await FakeZooKeeper.start({ "/m": "" }),
      await FakeZooKeeper.start({ "/m": "" }),
    ];
    first.timeoutOf = () => 6000;
    const { seen, clock, told } = startClient([first.address, second.address]);
    await until("a look", () => seen.length === 1);
    first.hangs = true;
    clock.advance(3999);
    expect(first.connections).toBe(1);
    clock.advance(1);
    await until("the other server", () => seen.length === 2);
    await until("the first is left", () => first.connections === 0);
    expect(second.hellos).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each<[string, (server: FakeZooKeeper) => void]>([
    ["opens no session", (server) => void (server.hangs = true)],
    ["answers pings and no more", (server) => void (server.answersPingsOnly = true)],
    ["lets the session expire", (server) => void (server.timeoutOf = () => 0)],
    ["answers with an error", (server) => void (server.readError = -112)],
    ["sends what is no packet", (server) => void (server.garbage = () => Buffer.alloc(64, 0xff))],
    ["answers half", (server) => void (server.garbage = () => Buffer.from([0, 0, 0, 16, 0]))],
    [
      "answers what was not asked",
      (server) => {
        server.garbage = (stage) => (stage === "read" ? header(77, 1n, 0).packet() : null);
      },
    ],
    [
      "drips",
      (server) => {
        server.garbage = (stage) => (stage === "read" ? Buffer.of(0, 0) : null);
      },
    ],
  ])("goes on to the next server when one %s", async (_, spoil) => {
    const [first, second] = [await FakeZooKeeper.start(), await FakeZooKeeper.start({ "/m": "" })];
    spoil(first);
    const { seen, passUntil } = startClient([first.address, second.address]);
    await passUntil("a look", () => seen.length > 0, 200);
    expect(seen).toEqual([[]]);
    expect(second.hellos).toHaveLength(1);
    await until("nothing is left open", () => first.connections === 0);
  });

  it("tries all servers, then waits longer and longer up to a limit, and says why", async () => {
    const port = await freePort();
    const address = { host: "127.0.0.1", port };
    const other = { host: "127.0.0.1", port: await freePort() };
    const { clock, told, seen, passUntil } = startClient([other, address]);
    const pauses: number[] = [];
    for (let n = 1; n <= 9; n += 1) {
      const before = clock.now();
      await passUntil("a round", () => told.length >= n, 100);
      if (n > 1) pauses.push(clock.now() - before);
    }
    // With the least jitter: half of 100, 200, 400 … 5000 ms. Time passes while a refusal travels.
    [50, 100, 200, 400, 800, 1600, 2500, 2500].forEach((least, i) => {
      expect(pauses[i]).toBeGreaterThanOrEqual(least);
    });
    expect(told.at(-1)).toMatchObject({
      code: ERROR_CODES.ZOOKEEPER_UNREACHABLE,
      message: expect.stringMatching(
        `^None of the 2 ZooKeeper servers .* 127.0.0.1:${port} does not answer: .*ECONNREFUSED`,
      ) as string,
    });
    await FakeZooKeeper.start({ "/m": "" }, port);
    await passUntil("a look", () => seen.length > 0, 100);
  });

  it("does not go back to a server that is behind, and survives that all began anew", async () => {
    const ahead = await FakeZooKeeper.start({ "/m": "", "/m/new": "" });
    const behind = await FakeZooKeeper.start({ "/m": "", "/m/old": "" });
    behind.zxid = 50n;
    const { seen, passUntil } = startClient([ahead.address, behind.address]);
    await until("a look", () => seen.length === 1);
    ahead.drop();
    await passUntil("back where it was", () => seen.length === 2);
    expect(behind.hellos).toMatchObject([{ lastZxid: 100n }]);
    expect(seen).toEqual([["new"], ["new"]]);
    // Wiped: no server has ever been where this client was.
    ahead.nodes.clear();
    ahead.zxid = 1n;
    behind.nodes.clear();
    behind.zxid = 1n;
    ahead.drop();
    await passUntil("what is left", () => seen.at(-1) === null, 100);
    expect(ahead.hellos.at(-1)?.lastZxid ?? behind.hellos.at(-1)?.lastZxid).toBe(0n);
  });

  it("says who it is before it asks, and tells a refusal at once", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    const auth = { user: "me", password: "p@ss:word" };
    const { seen } = startClient([server.address], { auth });
    await until("a look", () => seen.length === 1);
    expect(server.credentials).toEqual(["digest me:p@ss:word"]);
    server.authError = -115;
    const refused = startClient([server.address, server.address, server.address], { auth });
    await until("a refusal", () => refused.told.length > 0);
    expect(refused.told[0]).toMatchObject({ code: ERROR_CODES.ZOOKEEPER_REFUSED });
    expect(refused.told[0]?.message).toContain("does not take the credential (AuthFailed)");
    expect(refused.told[0]?.message).not.toContain("p@ss");
  });

  it("keeps the connection on which a node may not be read", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    server.readError = -102;
    server.timeoutOf = () => 60_000;
    const refusals: unknown[] = [];
    const clock = new SteppedClock();
    const client = new ZooKeeperClient({
      servers: [server.address],
      auth: null,
      clock,
      log: silentLog,
      random: () => 0,
      look: async (connection) => {
        await connection.children("/m").catch((error: unknown) => refusals.push(error));
      },
      onUnreachable: (reason) => refusals.push(reason),
    });
    client.start();
    onTestFinished(() => client.stop());
    await until("a refusal", () => refusals.length === 1);
    await until("another", () => {
      clock.advance(LOOK_EACH_MS / 2);
      return refusals.length >= 2;
    });
    expect(refusals[1]).toMatchObject({ code: ERROR_CODES.ZOOKEEPER_REFUSED });
    expect(server.hellos).toHaveLength(1);
  });

  it("takes leave when it is stopped, and waits for nobody then", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    const { client, seen } = startClient([server.address]);
    await until("a look", () => seen.length === 1);
    await client.stop();
    await until("the farewell", () => server.farewells === 1);
    server.hangs = true;
    const opening = startClient([server.address]);
    await until("a connection", () => server.connections === 1);
    await opening.client.stop();
    const pausing = startClient([{ host: "127.0.0.1", port: await freePort() }]);
    await until("a pause", () => pausing.told.length === 1);
    await pausing.client.stop();
  });

  it("survives whatever is sent to it", async () => {
    const server = await FakeZooKeeper.start({ "/m": "" });
    const { seen, passUntil, told } = startClient([server.address]);
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
    const framed = bytes.map((content) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(content.length);
      return Buffer.concat([length, content]);
    });
    const sent = fc.oneof(
      bytes.map((content) => Buffer.from(content)),
      framed,
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("hello", "read"), sent, async (stage, garbage) => {
        server.garbage = (at) => (at === stage ? garbage : null);
        const before = server.hellos.length;
        server.drop();
        await passUntil("it was sent", () => server.hellos.length > before, 1000);
        server.garbage = null;
        server.drop();
        const looks = seen.length;
        await passUntil("a look", () => seen.length > looks, 1000);
      }),
      { numRuns: 25 },
    );
    for (const error of told) expect(error).toBeInstanceOf(OperationError);
  }, 60_000);
});
