/**
 * Two controllers on hosts of their own, with an etcd of the site: whatever becomes of the one that acts,
 * the other takes over; no container notices, no launch happens twice, and the other's proxy serves on.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { LABELS } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { followersOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import type { SiteController } from "./controller.ts";
import {
  actingController,
  cutFromStore,
  killLeadingMaster,
  mendFromStore,
  startControllers,
} from "./faults.ts";
import { endLoad } from "./end-load.ts";
import { timed } from "./figures.ts";
import { Load } from "./load.ts";
import type { RunningContainer } from "./machine/agent-host.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 240_000;
const HAS_OTHER_MASTERS = process.env["SITE_MESOS"] !== undefined;

let site: Site;
let load: Load;
let former: SiteController;
let next: SiteController;
let containers: readonly RunningContainer[];
let begunMs: number;
let frameworkId: string | null;

beforeAll(async () => {
  site = await Site.start({ hosts: 3, image: inject("agentImage"), controllers: 2 });
  const [first, second] = site.controllers as [SiteController, SiteController];
  await first.start();
  await first.untilRole("acting");
  await second.start();
  await first.untilReady(READY_MS_MAX);
});

afterAll(() => site?.stop());

beforeEach(async () => {
  former = await actingController(site);
  next = site.controllers.find((one) => one !== former) ?? expect.fail("there are two");
  await next.untilRole("standby");
  await next.untilReady(READY_MS_MAX);
  containers = await site.containers();
  begunMs = Date.now();
  frameworkId = (await former.status()).controller.mesos.frameworkId;
  load = await Load.start(site, `run-${Date.now()}`, next);
  await load.untilUsed();
});

afterEach(async (context) => {
  const { failures } = await endLoad(load, context.task.name);
  expect(failures).toEqual([]);
});

/** Another acts, with the same framework; no container was made, none ended, and the former one waits. */
async function expectTakenOver(): Promise<void> {
  const { controller } = await next.status();
  expect(controller.mesos.frameworkId).toBe(frameworkId);
  await former.untilRole("standby");
  await next.untilReady(READY_MS_MAX);
  await load.untilUsed();
  await expectUntouched();
}

async function expectUntouched(): Promise<void> {
  const ids = (all: readonly RunningContainer[]) => all.map(({ id }) => id).toSorted();
  expect(ids(await site.containers())).toEqual(ids(containers));
  expect(await site.launchesSince(begunMs)).toEqual([]);
}

/** From now; the lease is 10 s. */
async function untilNextActs(what: string): Promise<void> {
  await timed(`${what}: the other acts`, () => next.untilRole("acting"));
}

test("the one that acts is killed", async () => {
  await former.end("SIGKILL");
  await untilNextActs("killed");
  await startControllers(site);
  await expectTakenOver();
});

test("the one that acts is paused, and goes on when another acts already", async () => {
  former.pause();
  await untilNextActs("paused");
  former.resume();
  await expectTakenOver();
});

test("the one that acts is cut from the store alone", async () => {
  await cutFromStore(site, former.host);
  await untilNextActs("cut from the store");
  await until("it knows that it does not act", async () => {
    return (await former.status()).controller.role === "standby";
  });
  await mendFromStore(site, former.host);
  await expectTakenOver();
});

test("the host of the one that acts loses its power", async () => {
  await former.host.powerOff();
  await untilNextActs("host off");
  await former.host.powerOn();
  await startControllers(site);
  await expectTakenOver();
});

test.skipIf(HAS_OTHER_MASTERS)(
  "the one that acts is killed with the leading master, while a node fails: the other heals it",
  async () => {
    const [follower] = followersOf(await next.object());
    const victim = containers.find(({ labels }) => labels[LABELS.slot] === String(follower?.slot));
    await former.end("SIGKILL");
    await killLeadingMaster(site);
    await victim?.host.engine.docker.getContainer(victim.id).kill();
    await untilNextActs("killed with the leading master and a follower");
    const replaced = (o: JupyterClusterObject) => {
      const node = o.status.nodes.find(({ slot }) => slot === follower?.slot);
      return node?.taskId !== follower?.taskId && isTrue(o, "Ready") && !isTrue(o, "Progressing");
    };
    await timed("killed with the leading master and a follower: Ready", () =>
      next.until("the node is replaced", replaced, READY_MS_MAX),
    );
    await site.masters.restartMasters();
    await startControllers(site);
    await former.untilRole("standby");
    await load.untilUsed();
    expect(await site.launchesSince(begunMs)).toHaveLength(1);
    const kept = new Set((await site.containers()).map(({ id }) => id));
    expect(containers.filter(({ id }) => !kept.has(id))).toEqual([victim]);
  },
);

test("the store has no majority for longer than the lease: nobody acts, and everything runs on", async () => {
  await site.store.kill(2);
  await until("nobody acts", async () => {
    const both = await Promise.all(site.controllers.map((one) => one.status()));
    return both.every(({ controller: { role } }) => role === "standby");
  });
  await load.untilUsed();
  await expectUntouched();
  await site.store.restart();
  await timed("store back: one acts", () => actingController(site));
  await next.untilReady(READY_MS_MAX);
  await load.untilUsed();
  await expectUntouched();
});
