/**
 * Decisions that the simulator found wrong, each as the smallest case of it. The seeds that found
 * them are told in docs/decisions/0007.
 */
import { describe, expect, it } from "vitest";
import { fresh, type Observed } from "../../../controller/model/observed.ts";
import { FAILING_MAX_MS } from "../../../controller/plan/view/failing-etcd.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { takesStartCommand, viewCluster } from "../../../controller/plan/view/cluster-view.ts";
import { changeAgents } from "../../support/planner/change-agents.ts";
import { FakeWorld } from "../../support/planner/fake-world.ts";
import { fakeMemory, fakeOffer } from "../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun, types } from "../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

function reasonOf(run: PlannerRun, type: string): string | undefined {
  return run.memory.conditions.find((c) => c.type === type)?.reason;
}

describe("a node whose etcd keeps ending", () => {
  it("joins anew, and is not removed and added for ever", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 2 ? 1 : 2;
    let ordered = false;
    for (let visit = 0; visit < 60 && !ordered; visit++) {
      const observed = changeAgents(run.world.observed(), (status) =>
        status.slot === slot ? { etcd: null, units: { ...status.units, etcd: BROKEN } } : {},
      );
      const decided = plan({
        memory: run.memory,
        observed,
        now: run.now,
        defaultImage: "image",
      });
      run.memory = decided.memory;
      run.done.push(...decided.actions);
      for (const action of decided.actions) run.world.apply(action);
      ordered = decided.actions.some((a) => a.type === "OrderAgent" && a.slot === slot);
      run.now += FAILING_MAX_MS / 20;
    }
    expect(ordered).toBe(true);
    const done = types(run.done);
    expect(done.filter((a) => a === `RemoveMember ${slot}`)).toHaveLength(1);
    expect(done.filter((a) => a === `AddLearner ${slot}`)).toHaveLength(1);
  });
});

describe("a restore that is asked for", () => {
  it("is carried out though the cluster was never formed", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.memory.bootstrap?.phase === "started");
    const { recovery } = run.memory;
    const memory = {
      ...run.memory,
      recovery: { ...recovery, requested: { from: "nothing" } },
    } as const;
    const observed = changeAgents(run.world.observed(), () => ({
      etcd: null,
      data: { state: "corrupt", reason: "crc mismatch" },
    }));
    const decided = plan({ memory, observed, now: run.now, defaultImage: "image" });
    expect(types(decided.actions)).toEqual(["KillTask", "KillTask", "KillTask"]);
  });
});

describe("a rolling update", () => {
  it("waits while fewer members vote than the spec wants", () => {
    const run = readyRun({ replicas: 1 });
    changeSpec(run, { replicas: 3 });
    const isThere = (isLearner: boolean, count: number) =>
      run.world.members.filter((m) => m.isLearner === isLearner).length === count;
    run.until(() => isThere(false, 2) && isThere(true, 1));
    changeSpec(run, { image: "other" });
    const { leaderSlot } = run.world;
    const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
      slot === leaderSlot ? {} : { units: { ...units, jupyter: BROKEN } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    const killed = decided.memory.slots.filter((s) => s.task?.killRequestedAt != null);
    // The learner has no vote yet.
    expect(killed.map((s) => s.slot)).toEqual([2]);
  });
});

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
    expect(task).toMatchObject({ agentId: "agent-2", order: null });
    const observed = changeAgents(run.world.observed(), (status) =>
      status.slot === slot
        ? { phase: "awaiting-order", data: { state: "empty" }, etcd: null }
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

describe("a cluster whose first members form", () => {
  it("is not said to have lost a quorum that it never had", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.memory.bootstrap?.phase === "started");
    expect(reasonOf(run, "Quorate")).toBe("Bootstrapping");
  });

  it("tells a person to decide when the data of most of them broke", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.memory.bootstrap?.phase === "started");
    const observed = changeAgents(run.world.observed(), ({ slot }) => ({
      etcd: null,
      data: slot < 2 ? { state: "corrupt", reason: "crc mismatch" } : { state: "empty" },
    }));
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    const quorate = decided.status.conditions.find((c) => c.type === "Quorate");
    expect(quorate).toMatchObject({ status: "False", reason: "QuorumLost" });
    expect(quorate?.message).toContain("A person must decide");
  });
});

describe("a survivor that is to go on alone", () => {
  it("does not when the former members have a quorum again before it was told", () => {
    const run = readyRun();
    const seed = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    const { memberId } = run.memory.slots[seed] ?? {};
    const { bootstrap, recovery } = run.memory;
    if (bootstrap?.phase !== "done" || memberId == null) throw new Error("not formed");
    const { clusterId } = bootstrap;
    const since = run.now;
    const reseed = {
      from: "survivor",
      slot: seed,
      since,
      clusterId,
      memberId,
      former: [],
    } as const;
    run.memory = { ...run.memory, recovery: { ...recovery, epoch: 1, reseed } };
    const decided = run.visit();
    expect(decided.memory.recovery.reseed).toBeNull();
    expect(types(decided.actions)).toEqual([]);
    expect(run.memory.events.map((e) => e.reason)).toContain("QuorumBack");
  });
});

describe("a node of an older template", () => {
  it("is not expected to run a Jupyter that it was never told to run", () => {
    const { jupyter } = fakeMemory().cluster.spec;
    const run = readyRun({ jupyter: { ...jupyter, standby: "cold" }, updateStrategy: "OnDelete" });
    changeSpec(run, { jupyter: { ...jupyter, standby: "warm" } });
    const { leaderSlot } = run.world;
    const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
      slot === leaderSlot ? {} : { units: { ...units, jupyter: { ...BROKEN, state: "stopped" } } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.status.phase).toBe("Progressing");
    expect(decided.status.readyReplicas).toBe(3);
  });
});

describe("a learner whose cluster has lost its voters", () => {
  const SNAPSHOT = {
    id: "20260101T000000000Z-r7",
    takenAt: "2026-01-01T00:00:00.000Z",
    revision: 7,
    keys: 3,
    sizeBytes: 1,
    sha256: "0".repeat(64),
  };

  /** Slots 1 and 2 come back empty; slot 0 was joining, and calls no election to notice. */
  function onlyALearnerIsLeft(): { readonly run: PlannerRun; readonly observed: Observed } {
    const run = readyRun();
    const { recovery } = run.memory;
    const leaderId = run.memory.slots[1]?.memberId ?? null;
    const slots = run.memory.slots.map((s) =>
      s.slot === 0
        ? { ...s, isLearner: true }
        : { ...s, task: s.task && { ...s.task, order: null } },
    );
    const clusterId = run.world.etcd.clusterIds.at(-1) ?? "";
    run.world.snapshots = fresh([{ ...SNAPSHOT, clusterId }]);
    run.memory = { ...run.memory, slots, recovery: { ...recovery, lostSince: run.now - 60_000 } };
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slot === 0
        ? { etcd: etcd && { ...etcd, leaderId, isLearner: true, members: null } }
        : { phase: "awaiting-order", orderId: null, data: { state: "empty" }, etcd: null },
    );
    return { run, observed };
  }

  it("gives its place to the newest snapshot when no other slot is wanted: it cannot go on alone", () => {
    const { run, observed } = onlyALearnerIsLeft();
    changeSpec(run, { replicas: 1 });
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.memory.recovery.reseed).toMatchObject({ from: "snapshot", slot: 0 });
  });

  it("takes an order though it seems to have a leader", () => {
    const { run, observed } = onlyALearnerIsLeft();
    const { memory, now } = run;
    const view = viewCluster({ memory, observed, now, defaultImage: "image" });
    const [learner] = view.nodes;
    if (learner === undefined) throw new Error("no slot 0");
    expect(takesStartCommand({ ...learner, dataOwnership: "stale" })).toBe(true);
  });
});
