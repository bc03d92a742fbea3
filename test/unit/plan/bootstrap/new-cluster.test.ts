/** How a cluster begins, and what it does when that is cut short. */
import { describe, expect, it } from "vitest";
import { bootstrapMemberId } from "../../../../controller/model/bootstrap-ids.ts";
import { peerUrl } from "../../../../controller/model/ids.ts";
import type { Observed } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { PlannerRun, types } from "../../../support/planner/run.ts";
import { PLAIN } from "../../../support/etcd/transport.ts";

function reasonOf(run: PlannerRun, type: string): string | undefined {
  return run.memory.conditions.find((c) => c.type === type)?.reason;
}

describe("a new cluster", () => {
  it("gets its network and volumes and all its containers in the first reconcile", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    const { actions } = run.reconcile();
    expect(types(actions)).toEqual([
      "EnsureProxy",
      "EnsureNetwork",
      ...["EnsureVolume", "EnsureVolume", "EnsureVolume", "EnsureVolume"],
      ...["LaunchTask 0", "LaunchTask 1", "LaunchTask 2"],
    ]);
  });

  it("is bootstrapped only when every first node waits with empty data, all at once", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.reconcile();
    run.world.kill(1);
    expect(run.reconcile().actions.filter((a) => a.type === "StartEtcd")).toEqual([]);
    const { actions } = run.reconcile();
    const orders = actions.filter((a) => a.type === "StartEtcd").map((a) => a.command.etcd.mode);
    expect(orders).toEqual(["bootstrap", "bootstrap", "bootstrap"]);
  });

  it("remembers the bootstrap before its orders, so that a crash between repeats the same", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.reconcile();
    const { memory, world, now } = run;
    const once = plan({ memory, observed: world.observed(), now, defaultImage: "image" });
    const again = plan({
      memory: once.memory,
      observed: world.observed(),
      now: now + 1000,
      defaultImage: "image",
    });
    expect(once.memory.bootstrap?.phase).toBe("started");
    expect(again.actions.filter((a) => a.type === "StartEtcd")).toEqual(
      once.actions.filter((a) => a.type === "StartEtcd"),
    );
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

describe("a first member that comes back with nothing", () => {
  /** All were told to begin; then the containers of these slots died with their data. */
  function forgetful(slots: readonly number[]): { run: PlannerRun; observed: Observed } {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.memory.bootstrap?.phase === "started");
    const { bootstrap } = run.memory;
    if (bootstrap?.phase !== "started") throw new Error("not started");
    const idOf = (slot: number) =>
      bootstrapMemberId(peerUrl(`172.30.0.1${slot}`, PLAIN), bootstrap.token);
    const forgotten = run.memory.slots.map((s) =>
      slots.includes(s.slot)
        ? { ...s, retiredMemberId: idOf(s.slot), task: s.task && { ...s.task, startCommand: null } }
        : s,
    );
    run.memory = { ...run.memory, slots: forgotten };
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slots.includes(slot)
        ? { phase: "awaiting-start", commandId: null, data: { state: "empty" }, etcd: null }
        : { etcd: etcd && { ...etcd, leaderId: null, members: null } },
    );
    return { run, observed };
  }

  it("is not told to begin again: it would vote twice", () => {
    const { run, observed } = forgetful([1]);
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(types(decided.actions)).not.toContain("StartEtcd 1");
    expect(decided.memory.bootstrap?.phase).toBe("done");
    expect(decided.memory.slots.map((s) => s.memberId)).not.toContain(null);
  });

  it("begins again with the others, as another cluster, when nothing is left of any", () => {
    const { run, observed } = forgetful([0, 1, 2]);
    const before = run.memory.bootstrap;
    for (let reconciles = 0; reconciles < 2; reconciles++) {
      const { memory, now } = run;
      run.memory = plan({ memory, observed, now, defaultImage: "image" }).memory;
    }
    const after = run.memory.bootstrap;
    expect(after?.phase).toBe("started");
    expect(after).not.toEqual(before);
    expect(run.memory.recovery.abandoned).toHaveLength(1);
  });
});
