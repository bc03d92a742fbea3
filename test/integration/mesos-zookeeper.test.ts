/** Masters that a real ensemble of three ZooKeeper servers names, each behind a credential. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram } from "../../controller/cli/program.ts";
import { runProgram } from "../../controller/cli/run-program.ts";
import type { ZooKeeperTarget } from "../../controller/mesos/target.ts";
import { ZooKeeperMasters } from "../../controller/mesos/zookeeper-masters.ts";
import { type MesosLocal, startMesosLocal } from "../../controller/mesos-local/main.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { hostPortText, parseHostPort } from "../../controller/support/host-port.ts";
import { freePort } from "../support/free-port.ts";
import { TestScheduler } from "../support/mesos/test-scheduler.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";
import { ZooKeeperEnsemble } from "../support/zookeeper/ensemble.ts";
import { ensureZooKeeper } from "../support/zookeeper/ensure-zookeeper.ts";
import { ZooKeeperWriter } from "../support/zookeeper/writer.ts";
import { capturedContext } from "../unit/cli/captured-context.ts";

const CREDENTIAL = { principal: "jupyter", secret: "a-secret-of-the-site" };
const OWNER = { user: "mesos", password: "p@ss/w:rd" };
const PATIENCE_MS = 60_000;
const SPEC = `apiVersion: jupytercluster.dev/v1alpha1
kind: JupyterCluster
metadata: { name: zk-lab }
spec: { proxy: { port: 0 } }
`;

let dir: string;
let ensemble: ZooKeeperEnsemble;
const masters: MesosLocal[] = [];
const writers: ZooKeeperWriter[] = [];

beforeAll(async () => {
  await ensureZooKeeper();
  dir = await mkdtemp(join(tmpdir(), "mesos-zookeeper-"));
  for (const name of ["a", "b"]) {
    const tcp = { host: "127.0.0.1", port: 0, credential: CREDENTIAL };
    const stateDir = join(dir, name);
    masters.push(await startMesosLocal({ stateDir, tcp, clock: systemClock, log: silentLog }));
  }
  // Loaded when it runs; on a busy machine that takes longer than what is waited for.
  await import("../../controller/cli/machine/run-controller.ts");
});

afterAll(async () => {
  for (const master of masters) await master.stop();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  ensemble = await ZooKeeperEnsemble.start(await mkdtemp(join(dir, "ensemble-")));
});

afterEach(async () => {
  for (const writer of writers.splice(0)) writer.close();
  await ensemble.kill();
});

function addressOf(name: "a" | "b"): string {
  const url = masters[name === "a" ? 0 : 1]?.tcp?.url ?? expect.fail("no master");
  return new URL(url).host;
}

/** As a Mesos 1.12 master writes it. */
function infoOf(name: "a" | "b"): string {
  const { host: ip, port } = parseHostPort(addressOf(name));
  const address = { hostname: ip, ip, port };
  const pid = `master@${addressOf(name)}`;
  const capabilities = [{ type: "AGENT_UPDATE" }];
  const ipNumber = 16_777_343;
  const info = { address, capabilities, hostname: ip, id: name, ip: ipNumber, pid, port };
  return JSON.stringify({ ...info, version: "1.12.0" });
}

/** Through whichever server answers; an ensemble that elects refuses for a while. */
async function writer(auth: typeof OWNER | null = null): Promise<ZooKeeperWriter> {
  let next = 0;
  const open = async () => {
    const up = ensemble.servers.filter(({ isSuspended }) => !isSuspended);
    const server = up[next++ % up.length] ?? expect.fail("no server");
    return ZooKeeperWriter.open(server.address, auth);
  };
  const made = await until("a session to write", open, PATIENCE_MS);
  writers.push(made);
  return made;
}

async function follower() {
  const log: string[] = [];
  const tell = (fields: object, message: string) =>
    log.push(`${message} ${JSON.stringify(fields)}`);
  const target: ZooKeeperTarget = {
    kind: "zookeeper",
    servers: ensemble.servers.map(({ address }) => address),
    path: "/site/mesos",
    auth: null,
  };
  const logger = { ...silentLog, debug: tell, warn: tell };
  const options = { target, clock: systemClock, log: logger, random: Math.random };
  const detector = new ZooKeeperMasters(options);
  const { scheduler } = new TestScheduler([], {
    detector,
    clock: systemClock,
    credentials: CREDENTIAL,
  });
  detector.start();
  scheduler.start();
  const follows = (name: "a" | "b") =>
    until(`${name} is followed`, () => scheduler.master === addressOf(name), PATIENCE_MS);
  const logged = (text: RegExp) =>
    until(`${text} in the log`, () => log.some((line) => text.test(line)), PATIENCE_MS);
  /** The server that it is connected to. */
  const connected = () =>
    until("a session", () => {
      const last = log.findLast((line) => line.startsWith("ZooKeeper session")) ?? "";
      if (!last.startsWith("ZooKeeper session open")) return null;
      return ensemble.servers.find(({ address }) => last.includes(hostPortText(address)));
    });
  return { scheduler, follows, logged, connected };
}

describe("an ensemble", () => {
  it("a leader that moves is followed, through a server that hangs and a wiped ensemble", async () => {
    const { scheduler, follows, logged, connected } = await follower();
    try {
      await logged(/has no node \/site\/mesos/);
      const a = await writer();
      const entry = await a.register("/site/mesos", infoOf("a"));
      expect(entry).toMatch(/^\/site\/mesos\/json\.info_\d{10}$/);
      await follows("a");
      const id = scheduler.framework();

      const b = await writer();
      await b.register("/site/mesos", infoOf("b"));
      await a.remove(entry);
      await follows("b");

      const hung = await connected();
      hung.suspend();
      // Two thirds of the session's ten seconds; nothing else would have told.
      const address = hostPortText(hung.address);
      await logged(new RegExp(`${address} (has been silent for|gives no answer within) 6666 ms`));
      const again = await writer();
      await again.register("/site/mesos", infoOf("a"));
      b.close();
      await follows("a");
      hung.resume();

      await ensemble.kill();
      await ensemble.wipe();
      await ensemble.startAll();
      const anew = await writer();
      await anew.register("/site/mesos", infoOf("b"));
      await follows("b");
      expect(scheduler.framework()).toEqual(id);
    } finally {
      await scheduler.stop();
    }
  }, 240_000);
});

describe("from the command line to an ensemble", () => {
  /** What FrameworkRegistered says, until it says this. @returns what was logged */
  async function told(text: string, password: string, path = "/site/mesos"): Promise<string> {
    const servers = ensemble.servers.map(({ address }) => hostPortText(address)).join(",");
    const specs = await mkdtemp(join(dir, "specs-"));
    await writeFile(join(specs, "lab.yaml"), SPEC.replace("0", String(await freePort())));
    const credential = join(dir, "credential");
    await writeFile(credential, `jupyter ${CREDENTIAL.secret}\n`, { mode: 0o600 });
    const api = `127.0.0.1:${await freePort()}`;
    const state = join(specs, "state");
    await mkdir(state);
    const { context, outcome, signal } = capturedContext({
      JUPYTER_CLUSTER_MESOS: `zk://${OWNER.user}:${password}@${servers}${path}`,
      JUPYTER_CLUSTER_MESOS_CREDENTIAL_FILE: credential,
      JUPYTER_CLUSTER_MESOS_ROLE: "research/jupyter",
    });
    const ended = runProgram(buildProgram(context), context, [
      ...["controller", "--spec", specs, "--state-dir", state],
      ...["--api", api, "--agent-image", "agent:test"],
    ]);
    const url = `http://${api}/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters`;
    try {
      await until(
        text,
        async () => {
          const { status } = (await (await fetch(`${url}/zk-lab`)).json()) as JupyterClusterObject;
          const found = status.conditions.find(({ type }) => type === "FrameworkRegistered");
          return `${found?.status} ${found?.message}`.includes(text);
        },
        PATIENCE_MS,
      );
    } finally {
      signal("SIGTERM");
      await ended;
    }
    return outcome().stderr;
  }

  it("the right password leads to the master, a wrong one or path is told, none is logged", async () => {
    const owner = await writer(OWNER);
    await owner.register("/site/mesos", infoOf("a"));
    const logs = [
      await told("True", OWNER.password),
      await told("ZooKeeper does not let us read (NoAuth).", "wr@ng/w:rd"),
      await told("has no node /elsewhere: no Mesos master has been there", "x", "/elsewhere"),
    ];
    for (const log of logs) expect(log).not.toMatch(/p@ss|w:rd|wr@ng/);
    expect(logs[0]).toContain("ZooKeeper names the leading Mesos master");
  }, 240_000);
});
