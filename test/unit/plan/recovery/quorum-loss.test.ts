/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import {
  evaluateLoss,
  hasReadItsLog,
  SHOWN_MS_MAX,
} from "../../../../controller/plan/recovery/quorum-loss.ts";
import { viewCluster } from "../../../../controller/plan/view/cluster-view.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { readyRun } from "../../../support/planner/run.ts";

describe("a quorum of which the last change is not confirmed", () => {
  it("counts as lost when the other membership has lost it and no leader shows", () => {
    const run = readyRun();
    const { memory, now } = run;
    const slots = memory.slots.map((s) =>
      s.slot === 1 ? { ...s, task: s.task && { ...s.task, startCommand: null } } : s,
    );
    const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
      slot === 1
        ? { phase: "awaiting-start", commandId: null, data: { state: "empty" }, etcd: null }
        : { etcd: etcd && { ...etcd, leaderId: null, members: null } },
    );
    const view = viewCluster({ memory: { ...memory, slots }, observed, now, defaultImage: "i" });
    const removing = { ...memory.recovery, pendingVoterChange: 2, lostSince: now };
    expect(evaluateLoss(view, { ...removing, pendingVoterChange: null }, now).certain).toBe(false);
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
