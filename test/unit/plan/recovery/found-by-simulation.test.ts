/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { fresh, type Observed } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { viewCluster } from "../../../../controller/plan/view/cluster-view.ts";
import { takesStartCommand } from "../../../../controller/plan/view/takes-start-command.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

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

describe("a survivor that is to go on alone", () => {
  it("does not when the former members have a quorum again before it was told", () => {
    const run = readyRun();
    const seed = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    const { memberId } = run.memory.slots[seed] ?? {};
    const { bootstrap, recovery } = run.memory;
    if (bootstrap?.phase !== "done" || memberId == null) throw new Error("not formed");
    const { clusterId } = bootstrap;
    const since = run.now;
    const recovering = {
      from: "survivor",
      slot: seed,
      since,
      clusterId,
      memberId,
      previousVoters: [],
    } as const;
    run.memory = { ...run.memory, recovery: { ...recovery, epoch: 1, inProgress: recovering } };
    const decided = run.reconcile();
    expect(decided.memory.recovery.inProgress).toBeNull();
    expect(types(decided.actions)).toEqual([]);
    expect(run.memory.events.map((e) => e.reason)).toContain("QuorumBack");
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
        : { ...s, task: s.task && { ...s.task, startCommand: null } },
    );
    const clusterId = run.world.etcd.clusterIds.at(-1) ?? "";
    run.world.snapshots = fresh([{ ...SNAPSHOT, clusterId }]);
    run.memory = { ...run.memory, slots, recovery: { ...recovery, lostSince: run.now - 60_000 } };
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slot === 0
        ? { etcd: etcd && { ...etcd, leaderId, isLearner: true, members: null } }
        : { phase: "awaiting-start", commandId: null, data: { state: "empty" }, etcd: null },
    );
    return { run, observed };
  }

  it("gives its place to the newest snapshot when no other slot is wanted: it cannot go on alone", () => {
    const { run, observed } = onlyALearnerIsLeft();
    changeSpec(run, { replicas: 1 });
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.memory.recovery.inProgress).toMatchObject({ from: "snapshot", slot: 0 });
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
