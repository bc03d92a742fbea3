/** A host comes back, with the container of a task whose slot was launched elsewhere meanwhile. */
import { expect, it } from "vitest";
import { taskIdOf } from "../../../../controller/model/ids.ts";
import type { Observed } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { fakeTask } from "../../../support/planner/fixtures.ts";
import { Site } from "../../../support/planner/site.ts";

/** Slot 2 was launched a second time, since its host was out of sight for too long. */
function replaced() {
  const site = new Site([1, 2, 3]);
  const old = site.world.taskOf(2) ?? "";
  const { world } = site;
  world.kill(2);
  world.tasks.set(old, fakeTask(old, "TASK_UNREACHABLE"));
  site.hosts.delete(3);
  site.pass(1);
  site.now += site.memory.cluster.spec.unreachable.replaceAfterSeconds * 1_000;
  site.pass(1);
  site.untilReady();
  expect(world.taskOf(2)).not.toBe(old);
  return { site, old };
}

function about(site: Site, changes: Partial<Observed> = {}) {
  const observed = { ...site.world.observed(), ...changes };
  const { memory, now } = site;
  const { actions } = plan({ memory, observed, now, defaultImage: "image" });
  return actions.filter((a) => a.type === "KillTask" || a.type === "EndOrphan");
}

it("is killed when Mesos tells of it", () => {
  const { site, old } = replaced();
  expect(about(site)).toEqual([]);
  site.world.tasks.set(old, fakeTask(old, "TASK_RUNNING"));
  expect(about(site)).toMatchObject([{ type: "KillTask", taskId: old }]);
});

it("is told to end through its own agent, which answers at the slot's address, when Mesos does not", () => {
  const { site, old } = replaced();
  const present = site.world.taskOf(2) ?? "";
  expect(about(site, { others: new Map([[present, old]]) })).toEqual([
    { type: "EndOrphan", slot: 2, ip: "172.30.0.12", launches: 1 },
  ]);
});

it("leaves alone whoever else answers there", () => {
  const { site } = replaced();
  const present = site.world.taskOf(2) ?? "";
  const { cluster, uid } = site.memory;
  const newer = taskIdOf(cluster.metadata, uid, 2, 3);
  for (const other of [present, newer, "default.other.01234567.2.1"]) {
    expect(about(site, { others: new Map([[present, other]]) })).toEqual([]);
  }
});

it("keeps its slot from being launched elsewhere for as long as it runs", () => {
  const site = new Site([1, 2, 3]);
  const { world } = site;
  const old = world.taskOf(2) ?? "";
  world.kill(2);
  world.tasks.set(old, fakeTask(old, "TASK_UNREACHABLE"));
  site.pass(1);
  site.now += site.memory.cluster.spec.unreachable.replaceAfterSeconds * 1_000;
  const hosts = [...site.hosts];
  site.hosts.clear();
  site.pass(1);
  expect(site.memory.slots[2]?.task).toBeNull();
  // It is back in the same look in which there is room for the slot.
  for (const host of hosts) site.hosts.add(host);
  world.tasks.set(old, fakeTask(old, "TASK_RUNNING"));
  const decided = () =>
    plan({ memory: site.memory, observed: world.observed(), now: site.now, defaultImage: "image" })
      .actions.map(({ type }) => type)
      .filter((type) => type === "KillTask" || type === "LaunchTasks");
  expect(decided()).toEqual(["KillTask"]);
  world.tasks.set(old, fakeTask(old, "TASK_KILLED"));
  expect(decided()).toEqual(["LaunchTasks"]);
});
