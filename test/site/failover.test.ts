/** The leading master dies while something is under way; it is brought to its end by the next one. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { LABELS } from "../../controller/model/ids.ts";
import { followersOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { killLeadingMaster } from "./faults.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 300_000;
const BEGUN_MS_MAX = 120_000;
/** Nobody here can kill those. */
const HAS_OTHER_MASTERS = process.env["SITE_MESOS"] !== undefined;

let site: Site;

beforeAll(async () => {
  site = await Site.start({ hosts: 3, image: inject("agentImage") });
});

afterAll(() => site?.stop());

afterEach(() => site.masters.restartMasters());

async function untilContainers(met: (count: number) => boolean): Promise<void> {
  const ask = async () => met((await site.containers()).length);
  await until("the work has begun", ask, BEGUN_MS_MAX);
}

/** One container in each slot, and no other. */
async function expectSlots(replicas: number): Promise<void> {
  const slots = (await site.containers()).map(({ labels }) => labels[LABELS.slot] ?? "none");
  slots.sort((a, b) => a.localeCompare(b));
  expect(slots).toEqual(Array.from({ length: replicas }, (_, slot) => String(slot)));
}

describe.skipIf(HAS_OTHER_MASTERS)("the leading master dies while a cluster", () => {
  test("forms", async () => {
    await site.controller.start();
    await untilContainers((count) => count > 0);
    await killLeadingMaster(site);
    const { status } = await site.controller.untilReady(READY_MS_MAX);
    expect(new Set(status.nodes.map(({ hostname }) => hostname)).size).toBe(3);
    await expectSlots(3);
  });

  test("grows", async () => {
    const { metadata } = await site.controller.untilReady(READY_MS_MAX);
    await site.save(5);
    await untilContainers((count) => count > 3);
    await killLeadingMaster(site);
    const { status } = await site.controller.untilReady(READY_MS_MAX, metadata.generation + 1);
    expect(status.nodes).toHaveLength(5);
    await expectSlots(5);
  });

  test("heals", async () => {
    const before = await site.controller.untilReady(READY_MS_MAX);
    const [follower] = followersOf(before);
    const all = await site.containers();
    const victim = all.find(({ labels }) => labels[LABELS.slot] === String(follower?.slot));
    await victim?.host.engine.docker.getContainer(victim.id).kill();
    await untilContainers((count) => count < 5);
    await killLeadingMaster(site);
    await until(
      "the slot is taken again",
      async () => {
        const { status } = await site.controller.object();
        return status.nodes.some((n) => n.slot === follower?.slot && n.taskId !== follower.taskId);
      },
      READY_MS_MAX,
    );
    await site.controller.untilReady(READY_MS_MAX);
    await expectSlots(5);
    const kept = new Set((await site.containers()).map(({ id }) => id));
    expect(all.filter(({ id }) => !kept.has(id))).toEqual([victim]);
  });

  test("shrinks", async () => {
    const { metadata } = await site.controller.untilReady(READY_MS_MAX);
    await site.save(3);
    await untilContainers((count) => count < 5);
    await killLeadingMaster(site);
    const { status } = await site.controller.untilReady(READY_MS_MAX, metadata.generation + 1);
    expect(status.nodes).toHaveLength(3);
    await until("the others are gone", async () => (await site.containers()).length === 3);
    await expectSlots(3);
  });
});
