/**
 * What a site has to survive, one thing after another, with a writer and a notebook user beside:
 * no healthy container restarted, no acknowledged write lost, no slot with two live tasks. With
 * SITE_MESOS what is done to the masters themselves is left out.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { LABELS } from "../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import {
  cutFromMasters,
  killLeadingMaster,
  killZooKeeper,
  mendFromMasters,
  restartZooKeeper,
} from "./faults.ts";
import { endLoad } from "./end-load.ts";
import { figure, timed } from "./figures.ts";
import { Load } from "./load.ts";
import type { RunningContainer } from "./machine/agent-host.ts";
import { hostOf, untilReplaced } from "./nodes.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 240_000;
/** 75 s without a word from an agent, and the time until that is noticed. */
const UNREACHABLE_MS_MAX = 150_000;
const REPLACE_AFTER_SECONDS = 10;
const HAS_OTHER_MASTERS = process.env["SITE_MESOS"] !== undefined;
const SPEC = [`  unreachable: { replaceAfterSeconds: ${REPLACE_AFTER_SECONDS} }`];

let site: Site;
let load: Load;
let before: JupyterClusterObject;
let containers: readonly RunningContainer[];

beforeAll(async () => {
  site = await Site.start({ hosts: 4, image: inject("agentImage") });
  await site.save(3, SPEC);
  await site.controller.start();
});

afterAll(() => site?.stop());

beforeEach(async () => {
  before = await site.controller.untilReady(READY_MS_MAX);
  containers = await site.containers();
  load = await Load.start(site, `run-${Date.now()}`);
  await load.untilUsed();
});

afterEach(async (context) => {
  await endLoad(load, context.task.name);
});

/** Those of before, all but some, run on as they were. */
async function expectUntouched(but: readonly NodeStatus[] = []): Promise<void> {
  const slots = new Set(but.map(({ slot }) => String(slot)));
  const kept = (all: readonly RunningContainer[]) =>
    all
      .filter(({ labels }) => !slots.has(labels[LABELS.slot] ?? ""))
      .map(({ id }) => id)
      .toSorted();
  expect(kept(await site.containers())).toEqual(kept(containers));
}

function containerOf(node: NodeStatus): RunningContainer {
  const found = containers.find(({ labels }) => labels[LABELS.slot] === String(node.slot));
  return found ?? expect.fail(`slot ${node.slot} has no container`);
}

async function kill(node: NodeStatus): Promise<void> {
  const { id, host } = containerOf(node);
  await host.engine.docker.getContainer(id).kill();
}

function untilRegistered(status: "True" | "False"): Promise<JupyterClusterObject> {
  const is = (o: JupyterClusterObject) =>
    o.status.conditions.some((c) => c.type === "FrameworkRegistered" && c.status === status);
  return site.controller.until(`FrameworkRegistered ${status}`, is, READY_MS_MAX);
}

/** By the framework's stream, which is of the leading master alone. */
async function untilWorksWithMaster(): Promise<void> {
  if (!site.hasOwnMasters) {
    await untilRegistered("True");
    return;
  }
  await until(
    "the framework is active at the leading master, with every host",
    async () => {
      const leader = await site.masters.leader();
      const state = await site.masters.state(leader);
      const on = site.agents.filter(({ host }) => host.isOn).length;
      return state?.activated_slaves === on && state.frameworks.some(({ active }) => active);
    },
    READY_MS_MAX,
  );
}

describe.skipIf(HAS_OTHER_MASTERS)("a master", () => {
  test("that leads and is killed is followed by another, and no container notices", async () => {
    await killLeadingMaster(site);
    await timed("leading master killed: framework active at the next", untilWorksWithMaster);
    await load.untilUsed();
    await expectUntouched();
    expect(load.user.failures).toEqual([]);
    await site.masters.restartMasters();
  });

  test("that leads and is killed while a node fails does not keep it from healing", async () => {
    const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
    await killLeadingMaster(site);
    await kill(follower);
    await timed("leading master and a follower killed: Ready", () =>
      untilReplaced(site, follower, READY_MS_MAX),
    );
    await load.untilUsed();
    await expectUntouched([follower]);
    expect(load.user.failures).toEqual([]);
    await site.masters.restartMasters();
  });

  test("that leads loses two of three ZooKeeper servers: the cluster serves on", async () => {
    await killZooKeeper(site);
    await untilRegistered("False");
    await load.untilUsed();
    await restartZooKeeper(site);
    await timed("ZooKeeper back: framework active", untilWorksWithMaster);
    await untilRegistered("True");
    await expectUntouched();
    expect(load.user.failures).toEqual([]);
  });
});

describe("a task", () => {
  test("that fails comes back, and is the only one", async () => {
    const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
    await kill(follower);
    await timed("follower killed: Ready", () => untilReplaced(site, follower, READY_MS_MAX));
    await expectUntouched([follower]);
    expect(load.user.failures).toEqual([]);
  });

  test("that leads etcd and fails is followed by another, which serves Jupyter", async () => {
    const leader = leaderOf(before);
    await kill(leader);
    await timed("leader killed: Ready", () => untilReplaced(site, leader, READY_MS_MAX));
    await expectUntouched([leader]);
    expect(load.user.failures).toEqual([]);
  });
});

describe("the scheduler", () => {
  test("that is killed and started again touches no container", async () => {
    await site.controller.end("SIGKILL");
    // Its proxy is away with it; whoever writes to etcd does not notice.
    await load.writer.untilAcknowledged(20);
    await site.controller.start();
    await timed("controller started: Ready", () => site.controller.untilReady(READY_MS_MAX));
    await load.untilUsed();
    await expectUntouched();
  });

  test("that is paused for seconds goes on as if nothing had been", async () => {
    site.controller.pause();
    await load.writer.untilAcknowledged(200);
    site.controller.resume();
    await site.controller.untilReady(READY_MS_MAX);
    await load.untilUsed();
    await expectUntouched();
  });
});

describe("an agent's host", () => {
  test.skipIf(HAS_OTHER_MASTERS)(
    "that is cut from the masters alone keeps its container, and is back with it",
    async () => {
      const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
      const { host } = hostOf(site, follower);
      await cutFromMasters(site, host);
      const isLost = ({ status }: JupyterClusterObject) =>
        status.nodes.some((n) => n.slot === follower.slot && n.phase === "Unreachable");
      await site.controller.until("Mesos has lost sight of it", isLost, UNREACHABLE_MS_MAX);
      // It answers, so that it stays for longer than one that does not.
      const lostAt = performance.now();
      const isOver = () => performance.now() - lostAt > 2_000 * REPLACE_AFTER_SECONDS;
      await until("twice the time of the spec is over", isOver, UNREACHABLE_MS_MAX);
      await expectUntouched();
      await load.untilUsed();
      await mendFromMasters(site, host);
      await untilWorksWithMaster();
      await site.controller.untilReady(READY_MS_MAX);
      await expectUntouched();
      expect(load.user.failures).toEqual([]);
    },
  );

  test("whose power fails under the leader: another serves, its node is replaced, and back it doubles nothing", async () => {
    const leader = leaderOf(before);
    const { host } = hostOf(site, leader);
    await host.powerOff();
    const off = performance.now();
    await timed("host of the leader off: another leads and serves Jupyter", async () => {
      const moved = (o: JupyterClusterObject) =>
        isTrue(o, "JupyterReady") && o.status.nodes.some((n) => n.leader && n.slot !== leader.slot);
      await site.controller.until("another leads", moved, READY_MS_MAX);
      await load.user.untilServed(1);
    });
    const after = await untilReplaced(site, leader, READY_MS_MAX);
    figure("host of the leader off: replaced", { ms: Math.round(performance.now() - off) });
    expect(after.status.nodes.map(({ hostname }) => hostname)).not.toContain(host.name);
    const replaced = await site.containers();
    await host.powerOn();
    await untilWorksWithMaster();
    await load.untilUsed();
    await site.controller.untilReady(READY_MS_MAX);
    const ids = (all: readonly RunningContainer[]) => all.map(({ id }) => id).toSorted();
    expect(ids(await site.containers())).toEqual(ids(replaced));
    await expectUntouched([leader]);
  });

  test("that is cut off for good is replaced, and its old node ended when it is back", async () => {
    const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
    const { host } = hostOf(site, follower);
    await host.cut();
    await timed("host of a follower cut off: replaced", () =>
      untilReplaced(site, follower, READY_MS_MAX),
    );
    await load.untilUsed();
    const report = await load.stop();
    expect(report.doubled).toEqual([]);
    await host.mend();
    await timed("host back: its old container ended", () =>
      until(
        "one container a slot",
        async () => (await site.containers()).length === before.status.replicas,
        READY_MS_MAX,
      ),
    );
    await site.controller.untilReady(READY_MS_MAX);
    await expectUntouched([follower]);
  });
});
