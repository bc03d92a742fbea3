/** One that stands by: what it shows is the store's, and its proxies serve like the acting one's. */
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { taskIdOf } from "../../../controller/model/ids.ts";
import type { ClusterMemory, SlotTask } from "../../../controller/model/memory.ts";
import type { PublishedChange } from "../../../controller/model/ports.ts";
import { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { Serving } from "../../../controller/roles/serving.ts";
import { StandingBy } from "../../../controller/roles/standing-by.ts";
import type { PublishedStatus, SiteView } from "../../../controller/store/state-backend.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";
import { freePort } from "../../support/free-port.ts";
import { fakeAgent, fakeCluster, fakeMemory } from "../../support/planner/fixtures.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const KEY = "default/demo";
/** Of this file alone: agents listen on one port, so each test has addresses of its own. */
const IP = "127.0.91.10";
const TASK = taskIdOf(fakeCluster().metadata, fakeMemory().uid, 0, 1);
const common = { clock: systemClock, log: silentLog };

let port: number;
let published: PublishedStore;
let serving: Serving;
let standingBy: StandingBy;
let changes: PublishedChange[];

beforeEach(async () => {
  port = await freePort();
  published = new PublishedStore({ lastResourceVersion: 1000 });
  changes = [];
  published.subscribe((change) => changes.push(change));
  serving = new Serving({
    ...common,
    connectAgent,
    newProxy: (wanted) => new JupyterProxy(wanted),
    interposed: null,
  });
  standingBy = new StandingBy({ ...common, serving, published });
  standingBy.enter();
});

afterEach(async () => {
  standingBy.leave();
  await serving.close();
});

function memory(suspend = false): ClusterMemory {
  const { network, jupyter, proxy } = fakeCluster().spec;
  const fresh = fakeMemory({
    suspend,
    network: { ...network, subnet: "127.0.91.0/24", firstAddress: IP },
    jupyter: { ...jupyter, port: 8888 },
    proxy: { ...proxy, port },
  });
  const task = { taskId: TASK } as unknown as SlotTask;
  const slots = [{ slot: 0, launches: 1, task }] as unknown as ClusterMemory["slots"];
  return { ...fresh, secrets: { ...fresh.secrets, agentToken: AGENT_TOKEN }, slots };
}

function view(memories: readonly ClusterMemory[], statuses: readonly PublishedStatus[]): SiteView {
  const known = new Map(memories.map((one) => [KEY, one]));
  return { acting: null, memories: known, published: statuses, frameworkId: null };
}

function status(resourceVersion: string, phase: string): PublishedStatus {
  const metadata = { ...fakeCluster().metadata, resourceVersion };
  const object = { metadata, status: { phase } } as unknown as PublishedStatus["object"];
  return { object, events: [] };
}

describe("what it shows", () => {
  it("is what the acting controller has published, under the version that it has there", () => {
    standingBy.see(view([memory()], [status("2001", "Pending")]));
    standingBy.see(view([memory()], [status("2001", "Pending")]));
    standingBy.see(view([memory()], [status("2005", "Ready")]));
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`)).toEqual(
      ["ADDED 2001", "MODIFIED 2005"],
    );
    expect(published.get(KEY)?.status.phase).toBe("Ready");
  });

  it("goes with the cluster, and what it publishes itself later is newer than all that it showed", () => {
    standingBy.see(view([memory()], [status("2005", "Ready")]));
    standingBy.see(view([], []));
    expect(published.list()).toEqual([]);
    expect(
      Number(published.publish(status("", "Pending").object, []).metadata.resourceVersion),
    ).toBe(2007);
  });

  it("is not changed by the store while it acts itself", () => {
    standingBy.leave();
    standingBy.see(view([memory()], [status("2001", "Ready")]));
    expect(published.list()).toEqual([]);
  });
});

describe("its proxy", () => {
  it("waits for its address as long as another process has it, and then has it at once", async () => {
    const holder = await heldBy(port);
    standingBy.see(view([memory()], []));
    await until("it tells that it waits", () => serving.proxies.observe(KEY)?.error);
    expect(serving.proxies.observe(KEY)).toMatchObject({ listening: false });
    await new Promise((resolve) => holder.close(resolve));
    await until("it listens", () => serving.proxies.observe(KEY)?.listening);
  });

  it("follows the leader from the agents' streams, and serves on while its controller begins to act", async () => {
    const agent = new FakeAgent(IP);
    await agent.listen();
    const jupyter = await heldBy(8888, IP);
    try {
      standingBy.see(view([memory()], []));
      agent.say(leader());
      await until("it serves the leader", () => serving.proxies.observe(KEY)?.target);
      const answer = await fetch(`http://127.0.0.1:${port}/api`);
      expect(await answer.text()).toBe("served");
      standingBy.leave();
      expect(serving.listenedOf(KEY)).toEqual(new Set([TASK]));
      expect(serving.proxies.observe(KEY)?.target).toMatchObject({ ip: IP, term: 5 });
    } finally {
      await agent.close();
      await new Promise((resolve) => {
        jupyter.close(resolve);
        jupyter.closeAllConnections();
      });
    }
  });

  it("follows a cluster that began anew, in which raft's terms have begun anew too", async () => {
    const agent = new FakeAgent(IP);
    await agent.listen();
    const jupyter = await heldBy(8888, IP);
    try {
      const first = { ...memory(), bootstrap: null };
      standingBy.see(view([first], []));
      agent.say(leader());
      await until("it serves the first", () => serving.proxies.observe(KEY)?.target?.term === 5);
      const recovery = { ...first.recovery, abandoned: ["c"] };
      standingBy.see(view([{ ...first, recovery }], []));
      const said = leader();
      agent.say({
        ...said,
        sequence: said.sequence + 1,
        etcd: { ...said.etcd, clusterId: "d", raftTerm: 2 } as never,
      });
      await until("it serves the other", () => serving.proxies.observe(KEY)?.target?.term === 2);
    } finally {
      await agent.close();
      await new Promise((resolve) => {
        jupyter.close(resolve);
        jupyter.closeAllConnections();
      });
    }
  });

  it("is closed with its cluster, and not opened for one that is suspended", async () => {
    standingBy.see(view([memory()], []));
    await until("it listens", () => serving.proxies.observe(KEY)?.listening);
    standingBy.see(view([], []));
    await until("it is closed", () => serving.proxies.observe(KEY) === null);
    standingBy.see(view([memory(true)], []));
    expect(serving.proxies.observe(KEY)).toBeNull();
  });
});

async function heldBy(at: number, host = "127.0.0.1"): Promise<Server> {
  const server = createServer((_, response) => response.end("served"));
  await new Promise<void>((resolve) => server.listen(at, host, resolve));
  return server;
}

function leader() {
  const etcd = {
    memberId: "a",
    clusterId: "c",
    version: "3.5.16",
    raftTerm: 5,
    raftIndex: 9,
    leaderId: "a",
    isLearner: false,
    revision: 3,
    dbSizeBytes: 1,
    dbSizeInUseBytes: 1,
    members: [{ id: "a", name: "slot-0", peerUrls: [], isLearner: false }],
    alarms: [],
  };
  return fakeAgent({
    slot: 0,
    taskId: TASK,
    phase: "running",
    commandId: "c",
    data: { state: "present", memberId: "a", clusterId: "c", raftIndex: 9, raftTerm: 5 },
    etcd,
    snapshot: null,
    etcdExited: false,
    jupyterReady: true,
    hosts: null,
    sshKnownSlots: [0],
  });
}
