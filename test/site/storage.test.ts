/**
 * The nodes share a volume of three GlusterFS servers on hosts of their own, and bricks are lost: what was
 * told to be saved stays saved, a loss that matters is told, and no container is restarted for it.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { LASTING_MS } from "../../agent-image/agent/storage/lasting-errors.ts";
import { LABELS } from "../../controller/model/ids.ts";
import type {
  ClusterEvent,
  JupyterClusterObject,
  NodeStatus,
} from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { endLoad } from "./end-load.ts";
import { figure, timed } from "./figures.ts";
import { Load } from "./load.ts";
import type { RunningContainer } from "./machine/agent-host.ts";
import type { SiteHost } from "./machine/host.ts";
import { execIn } from "./machine/exec.ts";
import { SHARED, Site } from "./site.ts";
import { FileWriter } from "./storage/file-writer.ts";

const READY_MS_MAX = 240_000;

let site: Site;
let load: Load;
let before: JupyterClusterObject;
let containers: readonly RunningContainer[];
let files: FileWriter;
let run: string;
let begunMs: number;

beforeAll(async () => {
  site = await Site.start({ hosts: 3, image: inject("agentImage"), shared: "glusterfs" });
  await site.controller.start();
});

afterAll(() => site?.stop());

beforeEach(async () => {
  before = await site.controller.untilReady(READY_MS_MAX);
  containers = await site.containers();
  begunMs = Date.now();
  run = `run-${begunMs}`;
  load = await Load.start(site, run);
  files = await FileWriter.start(containerOf(leaderOf(before)), SHARED, run);
  await files.untilSaved(20);
});

afterEach(async (context) => {
  const reader = (await site.containers()).find(
    ({ labels }) => labels[LABELS.slot] !== leaderSlot(),
  );
  if (reader === undefined) throw new Error("there is no other node");
  const { violations, ...saved } = await files.stop(reader);
  const { failures } = await endLoad(load, context.task.name, saved);
  expect(violations).toEqual([]);
  expect(failures).toEqual([]);
});

function leaderSlot(): string {
  return String(leaderOf(before).slot);
}

function containerOf({ slot }: NodeStatus): RunningContainer {
  const found = containers.find(({ labels }) => labels[LABELS.slot] === String(slot));
  return found ?? expect.fail(`slot ${slot} has no container`);
}

async function expectUntouched(but: readonly RunningContainer[] = []): Promise<void> {
  const running = new Set((await site.containers()).map(({ id }) => id));
  expect(containers.filter(({ id }) => !running.has(id))).toEqual(but);
}

function storageReady({ status }: JupyterClusterObject) {
  return status.conditions.find(({ type }) => type === "StorageReady");
}

/** Every brick holds what one of them holds now; writes go on meanwhile. */
async function expectHealed(): Promise<void> {
  const file = `${run}/log`;
  const [longest = ""] = (await site.bricks.copies(file)).toSorted((a, b) => b.length - a.length);
  await site.bricks.untilHealed();
  await until("all bricks hold the same", async () =>
    (await site.bricks.copies(file)).every((copy) => copy.startsWith(longest)),
  );
}

test("a brick's process dies: writes go on, and it catches up", async () => {
  const [, second] = site.bricks.hosts as [SiteHost, SiteHost, SiteHost];
  await site.bricks.kill(second);
  await timed("brick killed: 50 more writes", () => files.untilSaved(50));
  expect(storageReady(await site.controller.object())?.status).toBe("True");
  await site.bricks.restart();
  await timed("brick back: caught up", expectHealed);
  await expectUntouched();
});

test("the host of the server that is named first loses its power: a new node mounts all the same", async () => {
  const [first] = site.bricks.hosts as [SiteHost, SiteHost, SiteHost];
  await first.powerOff();
  await timed("brick's host off: 50 more writes", () => files.untilSaved(50));
  const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
  const victim = containerOf(follower);
  await victim.host.engine.docker.getContainer(victim.id).kill();
  await timed("brick's host off, follower killed: Ready", () =>
    site.controller.until(
      "the follower is replaced",
      (o) =>
        o.status.nodes.find(({ slot }) => slot === follower.slot)?.taskId !== follower.taskId &&
        isTrue(o, "Ready") &&
        !isTrue(o, "Progressing"),
      READY_MS_MAX,
    ),
  );
  await files.untilSaved(20);
  await first.powerOn();
  await timed("brick's host on: caught up", expectHealed);
  await expectUntouched([victim]);
});

test("two of three bricks are lost: it is told, nothing saved is lost, and all goes on by itself", async () => {
  const [, second, third] = site.bricks.hosts as [SiteHost, SiteHost, SiteHost];
  await Promise.all([site.bricks.kill(second), site.bricks.kill(third)]);
  await timed("two bricks killed: told", () =>
    site.controller.until(
      "StorageReady is False",
      (o) => storageReady(o)?.status === "False",
      READY_MS_MAX,
    ),
  );
  const told = storageReady(await site.controller.object());
  figure("two bricks killed", { reason: told?.reason, message: told?.message });
  expect(told?.reason).toBe("ServersUnreachable");
  await load.writer.untilAcknowledged(20);
  await site.bricks.restart();
  await timed("bricks back: Ready", () => site.controller.untilReady(READY_MS_MAX));
  await files.untilSaved(50);
  await expectHealed();
  await expectUntouched();
});

test("a node's client is killed: the node mounts anew, and is not restarted", async () => {
  const [follower] = followersOf(before) as [NodeStatus, NodeStatus];
  const victim = containerOf(follower);
  // All of its host, which runs one node.
  await victim.host.host.run("pkill", "-KILL", "-x", "glusterfs");
  await timed("client killed: mounted anew", () => untilRemounted([follower.slot]));
  await site.controller.untilReady(READY_MS_MAX);
  expect(await execIn(victim, ["ls", SHARED])).toContain(run);
  await files.untilSaved(20);
  await expectUntouched();
});

test("all bricks are lost for more than a minute: every node mounts anew when they are back", async () => {
  await Promise.all(site.bricks.hosts.map((host) => site.bricks.kill(host)));
  await site.controller.until(
    "StorageReady is False",
    (o) => storageReady(o)?.status === "False",
    READY_MS_MAX,
  );
  const lost = performance.now();
  const isOver = () => performance.now() - lost > LASTING_MS + 30_000;
  await until("clients have had their minute", isOver, LASTING_MS + 60_000);
  const told = storageReady(await site.controller.object());
  figure("all bricks killed", { reason: told?.reason, message: told?.message });
  await load.writer.untilAcknowledged(20);
  await site.bricks.restart();
  await timed("all bricks back: Ready", () => site.controller.untilReady(READY_MS_MAX));
  await untilRemounted(before.status.nodes.map(({ slot }) => slot));
  await files.untilSaved(50);
  await expectHealed();
  await expectUntouched();
});

/** Since this test began, each of these slots. */
async function untilRemounted(slots: readonly number[]): Promise<void> {
  const ask = async () => {
    const { stdout } = await site.controller.cli("events", "site", "-o", "json");
    const { items } = JSON.parse(stdout) as { items: readonly ClusterEvent[] };
    const of = items.filter(
      (e) => e.reason === "StorageRemounted" && Date.parse(e.lastTimestamp) >= begunMs,
    );
    return slots.every((slot) => of.some(({ message }) => message.includes(`slot ${slot}`)));
  };
  await until("it was mounted anew", ask, READY_MS_MAX);
}
