/** Volumes of another cluster of the same name: refused, named, and used when taken over. */
import { describe, expect, it } from "vitest";
import type { Holding } from "../../../../controller/model/holdings.ts";
import { dataVolumeName } from "../../../../controller/model/ids.ts";
import { unknown } from "../../../../controller/model/observed.ts";
import { applyAdoption } from "../../../../controller/plan/apply-adoption.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

const REF = { namespace: "default", name: "demo" };
const OWNER = { ...REF, uid: "other", createdBy: "anna, /state" };
const data = (slot: number): Holding => ({
  kind: "data",
  slot,
  name: dataVolumeName(REF, slot),
  owner: OWNER,
});

function newRun(holdings: readonly Holding[]): PlannerRun {
  const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
  run.world.holdings = holdings;
  return run;
}

const launches = (run: PlannerRun) =>
  run.done.filter((a) => a.type === "LaunchTasks" || a.type === "EnsureVolume");

describe("a new cluster", () => {
  it.each([
    ["a data volume", data(1)],
    ["the shared volume", { kind: "shared", name: "demo-shared", owner: OWNER }],
    ["the network", { kind: "network", name: "jupyter-cluster-demo", owner: OWNER }],
  ] as const)("launches nothing while %s is another's, and says whose", (_, holding: Holding) => {
    const run = newRun([holding]);
    run.reconcile();
    const { status } = run.reconcile();
    expect(launches(run)).toEqual([]);
    const ready = status.conditions.find((c) => c.type === "Ready");
    expect(ready?.reason).toBe(holding.kind === "network" ? "ForeignNetwork" : "ForeignVolume");
    expect(ready?.message).toMatch(/ other of anna, \/state.*jupyter-cluster adopt demo/);
  });

  it("does not mind volumes of slots that it does not want", () => {
    const run = newRun([data(7)]);
    expect(types(run.reconcile().actions)).toContain("LaunchTask 2");
  });

  it("launches nothing before it is known whose the volumes are", () => {
    const run = newRun([]);
    const { actions } = decide(run, { holdings: unknown("not asked yet") });
    expect(actions.filter((a) => a.type === "LaunchTasks")).toEqual([]);
  });

  it("goes on with what is there once it is taken over", () => {
    const run = newRun([data(0), data(1), data(2)]);
    run.reconcile();
    run.memory = applyAdoption(run.memory, ["other"], run.now);
    expect(types(run.reconcile().actions)).toContain("LaunchTask 2");
  });

  it("goes on from the volume that is left, when a person has taken it over", () => {
    const former = readyRun();
    const run = new PlannerRun(fakeMemory(), former.world);
    for (const slot of former.world.runningSlots()) former.world.kill(slot);
    for (const slot of [0, 2]) former.world.loseVolume(slot);
    former.world.tasks.clear();
    run.world.holdings = [data(1)];
    run.memory = { ...applyAdoption(run.memory, ["other"], run.now), uid: "fedcba9876543210" };
    run.untilReady();
    const modes = run.done.flatMap((a) => (a.type === "StartEtcd" ? [a.command.etcd.mode] : []));
    expect(modes).toContain("force-new-cluster");
    expect(modes).not.toContain("bootstrap");
    expect(run.world.violations).toEqual([]);
  });
});

describe("a cluster that is formed", () => {
  it("heals where its own volumes are, and does not grow onto another's", () => {
    const run = readyRun();
    run.world.holdings = [data(3)];
    changeSpec(run, { replicas: 4 });
    run.world.kill(1);
    const { actions, status } = run.reconcile();
    expect(types(actions)).toContain("LaunchTask 1");
    expect(types(actions)).not.toContain("LaunchTask 3");
    const storage = status.conditions.find((c) => c.type === "StorageReady");
    expect([storage?.status, storage?.reason]).toEqual(["False", "ForeignVolume"]);
  });

  it("goes on when volumes and network are of early 0.1.0, which gave no uid", () => {
    const run = readyRun();
    run.world.holdings = [0, 1, 2].map((slot) => ({
      ...data(slot),
      owner: { ...REF, uid: null, createdBy: null },
    }));
    run.world.kill(1);
    expect(types(run.reconcile().actions)).toContain("LaunchTask 1");
  });
});
