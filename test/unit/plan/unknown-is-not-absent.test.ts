/** Nothing is done on what is only not known (docs/ARCHITECTURE.md). */
import { describe, expect, it } from "vitest";
import { stale, unknown } from "../../../controller/model/observed.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { FakeWorld } from "../../support/planner/fake-world.ts";
import { fakeMemory } from "../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun, types } from "../../support/planner/run.ts";

describe("unknown is not absent", () => {
  it("launches nothing while Mesos has not been heard", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    const observed = { ...run.world.observed(), mesos: unknown<never>("not subscribed") };
    const { memory, now } = run;
    const { actions, status } = plan({ memory, observed, now, defaultImage: "image" });
    expect(types(actions).filter((t) => t.startsWith("LaunchTask"))).toEqual([]);
    expect(status.conditions.find((c) => c.type === "FrameworkRegistered")?.status).toBe("Unknown");
  });

  it("launches and kills nothing until every remembered task has answered", () => {
    const run = readyRun();
    changeSpec(run, { suspend: true });
    const seen = run.world.observed();
    if (seen.mesos.freshness !== "fresh") throw new Error("the fake is always fresh");
    const mesos = { ...seen.mesos.value, reconciled: false, tasks: new Map() };
    const observed = { ...seen, mesos: { freshness: "fresh", value: mesos } as const };
    const { actions, memory } = plan({
      memory: run.memory,
      observed,
      now: run.now,
      defaultImage: "image",
    });
    expect(types(actions)).toEqual([]);
    expect(memory.slots.every((s) => s.task !== null)).toBe(true);
  });

  it("says Unknown of a quorum that nobody in sight can tell", () => {
    const run = readyRun();
    const observed = { ...run.world.observed(), agents: new Map() };
    const { status } = plan({
      memory: run.memory,
      observed,
      now: run.now,
      defaultImage: "image",
    });
    expect(status.conditions.find((c) => c.type === "Quorate")?.status).toBe("Unknown");
  });

  it("takes the last network for what it was while Docker does not answer", () => {
    const run = readyRun();
    const network = stale({ state: "present", subnet: "172.30.0.0/24" } as const, run.now);
    const observed = { ...run.world.observed(), network };
    const { actions } = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" });
    expect(types(actions)).toEqual([]);
  });
});
