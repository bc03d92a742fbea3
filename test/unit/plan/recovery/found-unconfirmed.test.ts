/** Decisions that the simulator found wrong: memberships that nobody confirmed, and when to look. */
import { describe, expect, it } from "vitest";
import { WorkQueue } from "../../../../controller/loop/work-queue.ts";
import { bootstrapMemberId } from "../../../../controller/model/bootstrap-ids.ts";
import { peerUrl } from "../../../../controller/model/ids.ts";
import type { Observed } from "../../../../controller/model/observed.ts";
import { PlanBuilder, RESYNC_MS } from "../../../../controller/plan/plan-builder.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import {
  hasReadItsLog,
  evaluateLoss,
  SHOWN_MS_MAX,
} from "../../../../controller/plan/recovery/quorum-loss.ts";
import { viewCluster } from "../../../../controller/plan/view/cluster-view.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, T0 } from "../../../support/planner/fixtures.ts";
import { PlannerRun, readyRun, types } from "../../../support/planner/run.ts";
import { until } from "../../../support/poll.ts";

describe("a visit", () => {
  it("never asks for another at once", () => {
    const { memory, now } = readyRun();
    const builder = new PlanBuilder({ memory, now });
    builder.requeue(now - 1);
    builder.requeue(now);
    expect(builder.requeueAt).toBe(now + RESYNC_MS);
  });

  it("sees all that came in the same breath", async () => {
    const seen: number[] = [];
    let news = 0;
    const clock = { now: () => T0, after: () => () => undefined };
    const queue = new WorkQueue(clock, 1, async () => void seen.push(news));
    queue.add("lab");
    news = 2;
    await until("a visit", () => seen.length > 0);
    expect(seen).toEqual([2]);
  });
});

describe("a first member that comes back with nothing", () => {
  /** All were told to begin; then the containers of these slots died with their data. */
  function forgetful(slots: readonly number[]): { run: PlannerRun; observed: Observed } {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.memory.bootstrap?.phase === "started");
    const { bootstrap } = run.memory;
    if (bootstrap?.phase !== "started") throw new Error("not started");
    const idOf = (slot: number) => bootstrapMemberId(peerUrl(`172.30.0.1${slot}`), bootstrap.token);
    const forgotten = run.memory.slots.map((s) =>
      slots.includes(s.slot)
        ? { ...s, spentMemberId: idOf(s.slot), task: s.task && { ...s.task, order: null } }
        : s,
    );
    run.memory = { ...run.memory, slots: forgotten };
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slots.includes(slot)
        ? { phase: "awaiting-order", orderId: null, data: { state: "empty" }, etcd: null }
        : { etcd: etcd && { ...etcd, leaderId: null, members: null } },
    );
    return { run, observed };
  }

  it("is not told to begin again: it would vote twice", () => {
    const { run, observed } = forgetful([1]);
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(types(decided.actions)).not.toContain("OrderAgent 1");
    expect(decided.memory.bootstrap?.phase).toBe("done");
    expect(decided.memory.slots.map((s) => s.memberId)).not.toContain(null);
  });

  it("begins again with the others, as another cluster, when nothing is left of any", () => {
    const { run, observed } = forgetful([0, 1, 2]);
    const before = run.memory.bootstrap;
    for (let visits = 0; visits < 2; visits++) {
      const { memory, now } = run;
      run.memory = plan({ memory, observed, now, defaultImage: "image" }).memory;
    }
    const after = run.memory.bootstrap;
    expect(after?.phase).toBe("started");
    expect(after).not.toEqual(before);
    expect(run.memory.recovery.abandoned).toHaveLength(1);
  });
});

describe("a quorum of which the last change is not confirmed", () => {
  it("counts as lost when the other membership has lost it and no leader shows", () => {
    const run = readyRun();
    const { memory, now } = run;
    const slots = memory.slots.map((s) =>
      s.slot === 1 ? { ...s, task: s.task && { ...s.task, order: null } } : s,
    );
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slot === 1
        ? { phase: "awaiting-order", orderId: null, data: { state: "empty" }, etcd: null }
        : { etcd: etcd && { ...etcd, leaderId: null, members: null } },
    );
    const view = viewCluster({ memory: { ...memory, slots }, observed, now, defaultImage: "i" });
    const removing = { ...memory.recovery, unconfirmed: 2, lostSince: now };
    expect(evaluateLoss(view, { ...removing, unconfirmed: null }, now).certain).toBe(false);
    expect(evaluateLoss(view, removing, now)).toMatchObject({ dubious: true, certain: false });
    const later = evaluateLoss(view, removing, now + SHOWN_MS_MAX);
    expect(later.certain).toBe(true);
    expect(later.survivors.map((n) => n.slot)).toEqual([0, 2]);
  });

  it("is not begun anew before every survivor has read the end of its log", () => {
    const run = readyRun();
    const { memory, now } = run;
    const observed = run.world.observed();
    const view = viewCluster({ memory, observed, now, defaultImage: "i" });
    expect(view.nodes.map(hasReadItsLog)).toEqual([false, false, false]);
  });
});
