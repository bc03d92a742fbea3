/** What the planner decides, as a table of situations: each row is a sentence of the design. */
import { describe, expect, it } from "vitest";
import { stale, unknown } from "../../../controller/model/observed.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { FakeWorld } from "../../support/planner/fake-world.ts";
import { fakeMemory } from "../../support/planner/fixtures.ts";
import { changeSpec, followersOf, PlannerRun, readyRun, types } from "../../support/planner/run.ts";

function follower(run: PlannerRun): number {
  return followersOf(run)[0] as number;
}

describe("a new cluster", () => {
  it("gets its network and volumes and all its containers in the first visit", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    const { actions } = run.visit();
    expect(types(actions)).toEqual([
      "EnsureProxy",
      "EnsureNetwork",
      ...["EnsureVolume", "EnsureVolume", "EnsureVolume", "EnsureVolume"],
      ...["LaunchTask 0", "LaunchTask 1", "LaunchTask 2"],
    ]);
  });

  it("is bootstrapped only when every first node waits with empty data, all at once", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.visit();
    run.world.kill(1);
    expect(run.visit().actions.filter((a) => a.type === "OrderAgent")).toEqual([]);
    const { actions } = run.visit();
    const orders = actions.filter((a) => a.type === "OrderAgent").map((a) => a.order.etcd.mode);
    expect(orders).toEqual(["bootstrap", "bootstrap", "bootstrap"]);
  });

  it("remembers the bootstrap before its orders, so that a crash between repeats the same", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.visit();
    const { memory, world, now } = run;
    const once = plan({ memory, observed: world.observed(), now, defaultImage: "image" });
    const again = plan({
      memory: once.memory,
      observed: world.observed(),
      now: now + 1000,
      defaultImage: "image",
    });
    expect(once.memory.bootstrap?.phase).toBe("started");
    expect(again.actions.filter((a) => a.type === "OrderAgent")).toEqual(
      once.actions.filter((a) => a.type === "OrderAgent"),
    );
  });
});

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

  it("keeps a task that Mesos lost from sight until the time of the spec is over", () => {
    const run = readyRun({ unreachable: { replaceAfterSeconds: 60 } });
    const slot = follower(run);
    const taskId = run.world.taskOf(slot) as string;
    const task = run.world.tasks.get(taskId);
    if (!task) throw new Error("no task");
    const unreachable = { ...task, state: "TASK_UNREACHABLE" } as const;
    const observed = () => {
      const seen = run.world.observed();
      if (seen.mesos.freshness !== "fresh") throw new Error("the fake is always fresh");
      const tasks = new Map(seen.mesos.value.tasks).set(taskId, unreachable);
      return {
        ...seen,
        mesos: { freshness: "fresh", value: { ...seen.mesos.value, tasks } },
      } as const;
    };
    const at = (now: number, memory = run.memory) =>
      plan({ memory, observed: observed(), now, defaultImage: "image" });
    const first = at(run.now);
    expect(first.memory.slots[slot]?.task?.unreachableSince).toBe(run.now);
    const before = at(run.now + 59_000, first.memory);
    expect(before.memory.slots[slot]?.task?.taskId).toBe(taskId);
    const after = at(run.now + 60_000, first.memory);
    expect(after.memory.slots[slot]?.task?.taskId).not.toBe(taskId);
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

describe("a killed container", () => {
  it("comes back in the same slot with the same data and no membership change", () => {
    const run = readyRun();
    const slot = follower(run);
    const members = run.world.members;
    run.world.kill(slot);
    const before = run.done.length;
    run.untilReady();
    const done = run.done.slice(before);
    expect(types(done).filter((t) => t !== "PutDesired")).toEqual([
      // A volume that somebody removed is made again with our labels, not by Docker without.
      ...["EnsureVolume", "EnsureVolume"],
      `LaunchTask ${slot}`,
      `OrderAgent ${slot}`,
    ]);
    expect(done.some((a) => a.type === "OrderAgent" && a.order.etcd.mode === "resume")).toBe(true);
    expect(run.world.members).toEqual(members);
  });

  it("does not touch the other containers", () => {
    const run = readyRun();
    const slot = follower(run);
    const others = run.world.runningSlots().filter((s) => s !== slot);
    const tasks = others.map((s) => run.world.taskOf(s));
    run.world.kill(slot);
    run.untilReady();
    expect(others.map((s) => run.world.taskOf(s))).toEqual(tasks);
  });

  it("is launched again at once the first time, and later after a pause that grows", () => {
    const run = readyRun();
    const slot = follower(run);
    const pauses: number[] = [];
    for (let death = 0; death < 4; death++) {
      run.world.kill(slot);
      const begun = run.now;
      run.until((p) => p.actions.some((a) => a.type === "LaunchTasks"));
      pauses.push(run.now - 200 - begun);
      run.until((p) => p.status.nodes[slot]?.phase !== "BackOff");
    }
    expect(pauses[0]).toBe(0);
    expect(pauses.slice(1)).toEqual([1000, 2000, 4000]);
  });

  it("never gets a task id that was used before, whatever the slot went through", () => {
    const run = readyRun({ replicas: 5 });
    changeSpec(run, { replicas: 3 });
    run.untilReady();
    changeSpec(run, { replicas: 5 });
    run.untilReady();
    expect(run.world.violations).toEqual([]);
  });
});

describe("lost data", () => {
  it("replaces the member: removed, added as a learner, joined, promoted", () => {
    const run = readyRun();
    const slot = follower(run);
    run.world.loseVolume(slot);
    const before = run.done.length;
    run.untilReady();
    expect(types(run.done.slice(before)).filter((t) => /Member|Learner|Launch/.test(t))).toEqual([
      `LaunchTask ${slot}`,
      `RemoveMember ${slot}`,
      `AddLearner ${slot}`,
      `PromoteMember ${slot}`,
    ]);
  });

  it("of a majority is never guessed away: a person is told to decide", () => {
    const run = readyRun();
    for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
    for (let i = 0; i < 20; i++) run.visit();
    const last = run.visit();
    const quorate = last.status.conditions.find((c) => c.type === "Quorate");
    expect([quorate?.status, quorate?.reason]).toEqual(["False", "QuorumLost"]);
    expect(run.done.filter((a) => a.type === "OrderAgent").length).toBe(3);
  });
});
