/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { type Observed, unknown } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, fakeOffer, fakeTask, T0 } from "../../../support/planner/fixtures.ts";
import { PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

describe("a slot whose data is on another host", () => {
  /** Slot 0's host is gone from the offers, and slot 1's container has just died too. */
  function withoutItsHost(): PlannerRun {
    let offered = fakeOffer({ agentId: "agent-1", hostname: "host-1" });
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10", () => [offered]));
    run.untilReady();
    offered = fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2" });
    return run;
  }

  it("stays there while the quorum is only remembered and not in sight", () => {
    const run = withoutItsHost();
    const [one, two] = [0, 1, 2].filter((slot) => slot !== run.world.etcd.leaderSlot);
    const before = run.world.observed();
    run.world.kill(one as number);
    run.world.kill(two as number);
    const observed: Observed = {
      ...run.world.observed(),
      // The leader has not noticed yet.
      agents: new Map([...before.agents].filter(([id]) => run.world.observed().agents.has(id))),
    };
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(types(decided.actions).filter((a) => a.startsWith("LaunchTask"))).toEqual([]);
  });

  it("is not lost because the container elsewhere has none, and goes back", () => {
    const run = withoutItsHost();
    const slot = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    run.world.kill(slot);
    run.until(() => run.world.taskOf(slot) !== undefined);
    const task = run.memory.slots.find((s) => s.slot === slot)?.task;
    expect(task).toMatchObject({ agentId: "agent-2", startCommand: null });
    const observed = changeAgents(run.world.observed(), (status) =>
      status.slot === slot
        ? { phase: "awaiting-start", data: { state: "empty" }, etcd: null }
        : { etcd: status.etcd && { ...status.etcd, leaderId: null, members: null } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(types(decided.actions)).toEqual(["KillTask"]);
    expect(decided.memory.slots[slot]?.task?.killReason).toBe("its data is on another host");
    expect(decided.memory.recovery.lostSince).toBeNull();
  });

  it("is at home on its host though the Mesos agent there has another id now", () => {
    let agentId = "agent-1";
    const run = new PlannerRun(
      fakeMemory(),
      new FakeWorld("172.30.0.10", () => [fakeOffer({ agentId, hostname: "host-1" })]),
    );
    run.untilReady();
    agentId = "agent-9";
    for (const slot of run.world.runningSlots()) run.world.kill(slot);
    run.untilReady();
    expect(run.memory.recovery.epoch).toBe(0);
    expect(run.memory.slots.map((s) => s.task?.agentId)).toEqual([agentId, agentId, agentId]);
  });
});

describe("a memory that is older than the tasks", () => {
  it("never names a task as another controller has named one", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    run.world.kill(slot);
    const next = run.memory.slots[slot]?.task?.taskId.replace(/\.1$/, ".2") ?? "";
    run.world.tasks.set(next, fakeTask(next, "TASK_KILLED"));
    run.until((p) => p.memory.slots[slot]?.task != null && run.world.taskOf(slot) !== undefined);
    expect(run.memory.slots[slot]?.task?.taskId).toBe(next.replace(/\.2$/, ".3"));
  });
});

describe("the offers that were looked at", () => {
  const offers = [
    fakeOffer(),
    fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2", cpus: 0.1 }),
  ];

  function decided(world: FakeWorld, memory = fakeMemory()) {
    const observed = world.observed();
    const { offers: told } = plan({ memory, observed, now: T0, defaultImage: "image" });
    return told.toSorted((a, b) => (a.offerId < b.offerId ? -1 : 1));
  }

  it("are told by the launches on them, and by what they lack", () => {
    expect(decided(new FakeWorld("172.30.0.10", () => offers))).toEqual([
      {
        offerId: "offer-1",
        reason: "Used",
        slots: [0, 1, 2],
        message: "a node was launched on it",
      },
      {
        offerId: "offer-2",
        reason: "TooSmall",
        slots: [0, 1, 2],
        message: "offers 0.1 of 0.25 cpus",
      },
    ]);
  });

  it("are told by what the launches wait for", () => {
    const world = new FakeWorld("172.30.0.10", () => offers);
    const observed: Observed = { ...world.observed(), image: unknown("not asked yet") };
    const told = plan({ memory: fakeMemory(), observed, now: T0, defaultImage: "image" }).offers;
    const message = "was not looked at; the launch of the slot waits: the image cannot be observed";
    expect(told).toEqual([
      { offerId: "offer-1", reason: "LaunchWaits", slots: [0, 1, 2], message },
      { offerId: "offer-2", reason: "LaunchWaits", slots: [0, 1, 2], message },
    ]);
  });

  it("are none when no slot is vacant", () => {
    const run = readyRun();
    expect(decided(run.world, run.memory)).toEqual([]);
  });
});
