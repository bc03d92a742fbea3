/** Since when conditions hold, over a restart of the controller. */
import { describe, expect, it } from "vitest";
import { type ObservedMesos, unknown } from "../../../../controller/model/observed.ts";
import { resume } from "../../../../controller/model/resumed.ts";
import type { ConditionType } from "../../../../controller/model/resource.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { type PlannerRun, readyRun } from "../../../support/planner/run.ts";

const RESTART_MS = 60_000;

/** A controller begins: nothing is in sight. */
function restarted(): PlannerRun {
  const run = readyRun();
  run.now += RESTART_MS;
  run.memory = resume(run.memory, run.now);
  return run;
}

function look(run: PlannerRun, afterMs: number, sight: "nothing" | "all"): void {
  run.now += afterMs;
  const seen = run.world.observed();
  const observed =
    sight === "all"
      ? seen
      : { ...seen, mesos: unknown<ObservedMesos>("not yet"), agents: new Map() };
  run.memory = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" }).memory;
}

function since({ memory }: PlannerRun, type: ConditionType): string | undefined {
  return memory.conditions.find((c) => c.type === type)?.lastTransitionTime;
}

describe("a condition over a restart of the controller", () => {
  it("that never ceased to hold keeps its time", () => {
    const before = readyRun();
    const run = restarted();
    look(run, 10, "nothing");
    expect(since(run, "Ready")).toBe(timestamp(run.now));
    look(run, 2_000, "all");
    expect(run.memory.conditions).toEqual(before.memory.conditions);
    expect(run.memory.resumed).toBe(null);
  });

  it("keeps it too when the controller is restarted before it has seen anything", () => {
    const before = readyRun();
    const run = restarted();
    look(run, 10, "nothing");
    run.memory = resume(run.memory, run.now);
    look(run, 2_000, "all");
    expect(run.memory.conditions).toEqual(before.memory.conditions);
  });

  it("has the time at which it came back, when something was really amiss", () => {
    const run = restarted();
    const mount = { ready: false, message: "not mounted" };
    const agents = run.world.observed().agents;
    look(run, 10, "nothing");
    run.now += 1_000;
    const amiss = new Map(
      [...agents].map(([id, source]) => [
        id,
        source.freshness === "fresh"
          ? { ...source, value: { ...source.value, storage: mount } }
          : source,
      ]),
    );
    const observed = { ...run.world.observed(), agents: amiss };
    run.memory = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" }).memory;
    look(run, 3_000, "all");
    expect(since(run, "StorageReady")).toBe(timestamp(run.now));
    expect(since(run, "Ready")).toBe(timestamp(run.now));
    expect(since(run, "Quorate")).toBe(since(readyRun(), "Quorate"));
  });

  it("has the time at which it came back, when nothing was in sight for too long", () => {
    const run = restarted();
    look(run, 29_999, "nothing");
    look(run, 1, "all");
    expect(since(run, "Ready")).toBe(timestamp(run.now));
    expect(run.memory.resumed).toBe(null);
  });
});
