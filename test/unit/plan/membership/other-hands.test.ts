/** What somebody else does to a cluster's etcd is put right, and nothing of ours is lost by it. */
import { describe, expect, it } from "vitest";
import type { EtcdMember } from "../../../../controller/model/agent-api.ts";
import { stale } from "../../../../controller/model/observed.ts";
import { memberNameOf } from "../../../../controller/model/ids.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { foreignMembers } from "../../../../controller/plan/view/foreign-members.ts";
import { viewCluster } from "../../../../controller/plan/view/cluster-view.ts";
import {
  addForeign,
  changeSpec,
  followersOf,
  type PlannerRun,
  readyRun,
  types,
} from "../../../support/planner/run.ts";

const ours = (members: readonly EtcdMember[]) => members.map((m) => m.id);

function doneSince(run: PlannerRun, before: number): string[] {
  return run.done.slice(before).flatMap((a) => (a.type === "RemoveMember" ? [a.memberId] : []));
}

function foreignNow({ memory, world, now }: PlannerRun): string[] {
  const input = { memory, observed: world.observed(), now, defaultImage: "image" };
  return ours(foreignMembers(viewCluster(input)));
}

describe("foreign members", () => {
  it("leave one at a time, and the cluster is Ready again with its own", () => {
    const run = readyRun();
    const own = ours(run.world.members);
    const before = run.done.length;
    addForeign(run, "97", "98");
    const { actions } = run.reconcile();
    expect(types(actions)).toEqual(["RemoveMember null"]);
    run.untilReady();
    expect(doneSince(run, before)).toEqual(["97", "98"]);
    expect(ours(run.world.members)).toEqual(own);
    expect(run.world.violations).toEqual([]);
  });

  it("stay while our nodes in sight are no quorum without them", () => {
    const run = readyRun();
    addForeign(run, "97");
    for (const slot of followersOf(run).slice(0, 1)) run.world.blind.add(slot);
    const before = run.done.length;
    for (let i = 0; i < 20; i++) run.reconcile();
    expect(doneSince(run, before)).toEqual([]);
    run.world.blind.clear();
    run.untilReady();
    expect(doneSince(run, before)).toEqual(["97"]);
  });

  it("leave before a slot joins, which a learner of theirs would keep out", () => {
    const run = readyRun();
    run.world.etcd.members = [
      ...run.world.members,
      { id: "97", name: "", peerUrls: ["http://10.9.9.97:2380"], isLearner: true },
    ];
    changeSpec(run, { replicas: 4 });
    run.untilReady();
    expect(run.world.members.map((m) => m.name)).toEqual([0, 1, 2, 3].map(memberNameOf));
    expect(run.world.violations).toEqual([]);
  });

  it("are told by their address from the slot whose name they bear", () => {
    const run = readyRun();
    run.world.etcd.members = [
      { id: "97", name: "slot-1", peerUrls: ["http://10.9.9.97:2380"], isLearner: false },
      ...run.world.members,
    ];
    expect(foreignNow(run)).toEqual(["97"]);
  });

  it("are none that join by our own intent, at any moment of it", () => {
    const run = readyRun();
    changeSpec(run, { replicas: 5 });
    run.until((p) => {
      expect(foreignNow(run)).toEqual([]);
      return p.status.conditions.some((c) => c.type === "Ready" && c.status === "True");
    });
    expect(run.world.members).toHaveLength(5);
  });

  it("are none that a smaller spec leaves over", () => {
    const run = readyRun({ replicas: 5 });
    const before = run.done.length;
    changeSpec(run, { replicas: 3 });
    run.memory = { ...run.memory, slots: run.memory.slots.filter((s) => s.slot < 3) };
    run.untilReady();
    const slots = run.done
      .slice(before)
      .flatMap((a) => (a.type === "RemoveMember" ? [a.slot] : []));
    expect(slots).not.toContain(null);
  });
});

describe("what etcd was found to hold some time ago", () => {
  it("is no reason to write or to switch off anything", () => {
    const run = readyRun();
    changeSpec(run, { etcd: { ...run.memory.cluster.spec.etcd, tls: true } });
    const decide = (value: Parameters<typeof stale>[0], freshness: "fresh" | "stale") => {
      const { memory, now } = run;
      const keys = freshness === "fresh" ? { freshness, value } : stale(value, now);
      const observed = { ...run.world.observed(), keys } as Parameters<typeof plan>[0]["observed"];
      return types(plan({ memory, observed, now, defaultImage: "image" }).actions);
    };
    const gone = { authEnabled: false, desired: null };
    expect(decide(gone, "fresh")).toContain("PutDesired");
    expect(decide(gone, "stale")).not.toContain("PutDesired");
    expect(decide({ authEnabled: true }, "fresh")).toContain("DisableAuth");
    expect(decide({ authEnabled: true }, "stale")).not.toContain("DisableAuth");
  });

  it("without certificates nobody tries to switch authentication off", () => {
    const run = readyRun();
    run.world.authEnabled = true;
    expect(types(run.reconcile().actions)).not.toContain("DisableAuth");
  });
});
