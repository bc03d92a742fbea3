/** The scheduler follows the master that ZooKeeper names: both scripted, on real sockets. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { ZooKeeperTarget } from "../../../controller/mesos/target.ts";
import { ZooKeeperMasters } from "../../../controller/mesos/zookeeper-masters.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { hostPortText, parseHostPort } from "../../../controller/support/host-port.ts";
import { startMaster, startScheduler } from "../../support/mesos/scene.ts";
import { SteppedClock } from "../../support/mesos-local/stepped-clock.ts";
import type { ScriptedMaster } from "../../support/mesos/scripted-master.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { FakeZooKeeper } from "../../support/zookeeper/fake-server.ts";

const PATH = "/site/mesos";
const entry = (n: number) => `${PATH}/json.info_${String(n).padStart(10, "0")}`;

function infoOf({ address }: ScriptedMaster): string {
  const { host: ip, port } = parseHostPort(address);
  return JSON.stringify({ address: { ip, port, hostname: ip }, id: "m", port });
}

function targetOf(servers: readonly FakeZooKeeper[], more: Partial<ZooKeeperTarget> = {}) {
  const addresses = servers.map(({ address }) => address);
  return { kind: "zookeeper", servers: addresses, path: PATH, auth: null, ...more } as const;
}

function startDetector(target: ZooKeeperTarget, clock = systemClock): ZooKeeperMasters {
  const random = () => 0;
  const detector = new ZooKeeperMasters({ target, clock, log: silentLog, random });
  detector.start();
  onTestFinished(() => detector.close());
  return detector;
}

/** In time of its own: nothing here rests on how long something takes. */
function startFollower(target: ZooKeeperTarget, frameworkId: string | null = null) {
  const detector = startDetector(target);
  return startScheduler([], { detector, clock: systemClock, frameworkId });
}

const isFresh = (test: ReturnType<typeof startFollower>) => test.freshness === "fresh";
const said = (test: ReturnType<typeof startFollower>) => JSON.stringify(test.scheduler.framework());

describe("masters that ZooKeeper names", () => {
  it("the lowest one leads, and is followed at once when it is another", async () => {
    const [a, b] = [await startMaster(), await startMaster()];
    const nodes = { [PATH]: "", [`${PATH}/log_replicas`]: "", [entry(7)]: infoOf(b) };
    const server = await FakeZooKeeper.start({ ...nodes, [entry(3)]: infoOf(a) });
    const test = startFollower(targetOf([server]));
    await until("fresh", () => isFresh(test));
    expect(test.scheduler.master).toBe(a.address);
    expect(b.calls).toEqual([]);
    // It neither ends its stream nor says anything: it is ZooKeeper that knows.
    server.remove(entry(3));
    await until("the other", () => test.scheduler.master === b.address);
    const [again] = b.of("SUBSCRIBE");
    expect(again?.framework_id).toEqual({ value: a.frameworkId });
    await until("the old stream is let go", () => a.streams[0]?.abandoned);
  });

  it("a master that hangs in its answer holds nobody up when another one leads", async () => {
    const [a, b] = [await startMaster(), await startMaster()];
    a.onSubscribe = () => "hang";
    const server = await FakeZooKeeper.start({ [PATH]: "", [entry(1)]: infoOf(a) });
    const detector = startDetector(targetOf([server]));
    // The clock of this scheduler stands still: no deadline of its own can help.
    const clock = new SteppedClock();
    const test = startScheduler([], { detector, clock });
    await a.received("SUBSCRIBE");
    server.set(entry(2), infoOf(b));
    server.remove(entry(1));
    await until("fresh", () => test.freshness === "fresh");
    expect(test.scheduler.master).toBe(b.address);
  });

  it("a master that begins anew at the same address is tried at once", async () => {
    const a = await startMaster();
    const server = await FakeZooKeeper.start({ [PATH]: "", [entry(1)]: infoOf(a) });
    const detector = startDetector(targetOf([server]));
    a.onSubscribe = () => ({ status: 503 });
    const test = startScheduler([], { detector, clock: new SteppedClock() });
    await a.received("SUBSCRIBE");
    a.onSubscribe = () => null;
    server.set(entry(2), infoOf(a));
    server.remove(entry(1));
    await until("fresh", () => test.freshness === "fresh");
  });

  it("while ZooKeeper can't be asked, the last leader stays the one", async () => {
    const a = await startMaster();
    const server = await FakeZooKeeper.start({ [PATH]: "", [entry(1)]: infoOf(a) });
    const test = startFollower(targetOf([server]));
    await until("fresh", () => isFresh(test));
    await server.stop();
    a.streams[0]?.reset();
    await a.received("SUBSCRIBE", 2);
    await until("fresh again", () => isFresh(test));
  });

  it("a wiped ensemble is waited for, and the stream that is there goes on", async () => {
    const [a, b] = [await startMaster(), await startMaster()];
    const server = await FakeZooKeeper.start({ [PATH]: "", [entry(9)]: infoOf(a) });
    const test = startFollower(targetOf([server]));
    await until("fresh", () => isFresh(test));
    server.nodes.clear();
    server.zxid = 1n;
    server.drop();
    await until("asked anew", () => server.hellos.at(-1)?.lastZxid === 0n && server.reads >= 4);
    expect(test.freshness).toBe("fresh");
    a.streams[0]?.reset();
    await until("it says why", () => said(test).includes(`has no node ${PATH}`));
    expect(test.freshness).toBe("stale");
    server.set(PATH, "");
    await until("none is there", () => said(test).includes("none is registered there"));
    server.set(entry(0), infoOf(b));
    await until("fresh again", () => isFresh(test));
    expect(test.scheduler.master).toBe(b.address);
  });

  it.each<[string, (server: FakeZooKeeper) => void, string, string]>([
    ["no path", (server) => server.nodes.clear(), ERROR_CODES.MESOS_NO_LEADER, "has no node"],
    [
      "no master",
      (server) => server.nodes.delete(entry(1)),
      ERROR_CODES.MESOS_NO_LEADER,
      "knows no leading master: none is registered there.",
    ],
    [
      "an entry that is no master's",
      (server) => server.nodes.set(entry(1), "[]"),
      ERROR_CODES.MESOS_NO_LEADER,
      "has an entry json.info_0000000001 that can't be read: it must be object.",
    ],
    [
      "no right to read",
      (server) => void (server.readError = -102),
      ERROR_CODES.ZOOKEEPER_REFUSED,
      "does not let us read (NoAuth). Are the user and the password in --mesos the right ones?",
    ],
    [
      "a credential that is refused",
      (server) => void (server.authError = -115),
      ERROR_CODES.ZOOKEEPER_REFUSED,
      "does not take the credential (AuthFailed)",
    ],
    ["nobody", (server) => void server.stop(), ERROR_CODES.ZOOKEEPER_UNREACHABLE, "ECONNREFUSED"],
  ])("%s is told, and the way out of it is found", async (_, spoil, code, message) => {
    const a = await startMaster();
    const server = await FakeZooKeeper.start({ [PATH]: "", [entry(1)]: infoOf(a) });
    spoil(server);
    const target = targetOf([server], { auth: { user: "me", password: "hunter2" } });
    const detector = startDetector(target);
    const test = startScheduler([], { detector, clock: systemClock });
    await until("it is told", () => said(test).includes(message));
    expect(test.freshness).toBe("unknown");
    expect(detector.problem()).toMatchObject({ code });
    expect(said(test)).not.toContain("hunter2");
    server.readError = 0;
    server.authError = 0;
    const mended = code === ERROR_CODES.ZOOKEEPER_UNREACHABLE;
    const again = mended ? await FakeZooKeeper.start({}, server.address.port) : server;
    again.set(PATH, "");
    again.set(entry(1), infoOf(a));
    again.drop();
    await until("fresh", () => isFresh(test));
  });

  it("without an answer says nothing yet, and asks no master", async () => {
    const server = await FakeZooKeeper.start();
    server.hangs = true;
    const test = startFollower(targetOf([server]));
    await until("a connection", () => server.connections === 1);
    expect(said(test)).toContain("no Mesos master has answered yet");
  });

  it("are reached by name first where they speak TLS", async () => {
    const server = await FakeZooKeeper.start({ [PATH]: "" });
    server.nodes.set(entry(1), '{"address":{"ip":"10.0.0.1","port":5050,"hostname":"m1"}}');
    const detector = startDetector(targetOf([server], { tls: {} }), new SteppedClock());
    await until("a leader", () => detector.candidates().length > 0);
    expect(detector.candidates().map(hostPortText)).toEqual(["m1:5050", "10.0.0.1:5050"]);
  });
});
