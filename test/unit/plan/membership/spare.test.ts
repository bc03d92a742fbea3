/** The hot spare: a learner that is promoted when a voter dies (docs/decisions/0036). */
import { describe, expect, it } from "vitest";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeCluster, fakeMemory, fakeOffer } from "../../../support/planner/fixtures.ts";
import {
  changeSpec,
  condition,
  followersOf,
  PlannerRun,
  readyRun,
  types,
} from "../../../support/planner/run.ts";

const ETCD = fakeCluster().spec.etcd;
const WITH_SPARE = { etcd: { ...ETCD, standby: "learner" as const } };

/** Three voters, and a spare that stands by. */
function spareRun(spec: Parameters<typeof readyRun>[0] = {}): PlannerRun {
  const run = readyRun({ ...WITH_SPARE, ...spec });
  untilStandby(run);
  return run;
}

function untilStandby(run: PlannerRun): void {
  run.until((p) => condition(p, "Ready") === "True" && spareOf(run) !== null);
  for (let i = 0; i < 10; i++) run.reconcile();
}

function spareOf(run: PlannerRun): number | null {
  const { nodes } = run.reconcile().status;
  return nodes.find((n) => n.phase === "Standby")?.slot ?? null;
}

function votersOf({ world }: PlannerRun): readonly string[] {
  return world.members
    .filter((m) => !m.isLearner)
    .map((m) => m.name)
    .sort();
}

/** Of the membership alone. */
function changes(run: PlannerRun, happen: () => void): readonly string[] {
  const before = run.done.length;
  happen();
  return types(run.done.slice(before)).filter((t) => /Member|Learner/.test(t));
}

const names = ({ world }: PlannerRun) => world.hosts?.names.map((n) => n.slot);

describe("a spare", () => {
  it("joins once the voters have formed etcd, stays a learner, and has no name", () => {
    const run = spareRun();
    expect(types(run.done).filter((t) => /Member|Learner|StartEtcd/.test(t))).toEqual([
      ...["StartEtcd 0", "StartEtcd 1", "StartEtcd 2"],
      ...["AddLearner 3", "StartEtcd 3"],
    ]);
    expect(spareOf(run)).toBe(3);
    expect(names(run)?.toSorted()).toEqual([0, 1, 2]);
    const { status } = run.reconcile();
    expect([status.replicas, status.readyReplicas, status.nodes.length]).toEqual([3, 3, 4]);
    const voters = status.nodes.filter((n) => n.slot !== 3).map((n) => `http://${n.ip}:2379`);
    expect(status.endpoints.etcd).toEqual(voters);
    const ready = status.conditions.find((c) => c.type === "Ready");
    expect(ready?.message).toBe("3 of 3 nodes are ready.");
  });

  it("is not waited for: without room for it the cluster is ready, and says what is missing", () => {
    const offers = ["a", "b", "c"].map((host) => {
      return fakeOffer({ id: `o-${host}`, agentId: `a-${host}`, hostname: host });
    });
    const placement = {
      constraints: [{ field: "hostname", operator: "UNIQUE" as const, value: null }],
      spread: null,
    };
    const world = new FakeWorld("172.30.0.10", () => offers);
    const run = new PlannerRun(fakeMemory({ ...WITH_SPARE, placement }), world);
    const { status } = run.untilReady();
    const members = status.conditions.find((c) => c.type === "AllMembersReady");
    expect([members?.status, members?.reason]).toEqual(["True", "SpareNotReady"]);
    expect(members?.message).toMatch(/^slot 3 does not stand by yet: none of 3 agents/);
    changeSpec(run, { image: "another" });
    run.until(
      (p) => condition(p, "AllMembersUpdated") === "True" && condition(p, "Ready") === "True",
    );
    expect(world.violations).toEqual([]);
  });

  it("gets the vote of a follower that dies before the member leaves, and its name", () => {
    const run = spareRun();
    const [dead = 0] = followersOf(run).filter((slot) => slot !== 3);
    const name = run.world.hosts?.names.find((n) => n.slot === dead)?.index;
    run.world.kill(dead);
    const [first, second] = [run.reconcile(), run.reconcile()];
    expect(types(first.actions)).toContain("PromoteMember 3");
    expect(types(second.actions)).toContain(`RemoveMember ${dead}`);
    expect(changes(run, () => untilStandby(run))).toEqual([`AddLearner ${dead}`]);
    expect(spareOf(run)).toBe(dead);
    expect(run.world.hosts?.names.find((n) => n.slot === 3)?.index).toBe(name);
    expect(votersOf(run)).toHaveLength(3);
    expect(run.world.violations).toEqual([]);
  });

  it("gets the vote of a leader that dies", () => {
    const run = spareRun();
    const dead = run.world.leaderSlot ?? 0;
    const done = changes(run, () => {
      run.world.kill(dead);
      untilStandby(run);
    });
    expect(done).toEqual(["PromoteMember 3", `RemoveMember ${dead}`, `AddLearner ${dead}`]);
    expect(spareOf(run)).toBe(dead);
    expect(run.world.violations).toEqual([]);
  });

  it("is not told to go on as the voter that it was: its launch orders nothing", () => {
    const run = spareRun();
    const [dead = 0] = followersOf(run).filter((slot) => slot !== 3);
    run.world.kill(dead);
    run.reconcile();
    expect(run.memory.slots.find((s) => s.slot === dead)?.task?.resumes).toBe(false);
    const before = run.done.length;
    untilStandby(run);
    const told = run.done.slice(before).flatMap((a) => {
      return a.type === "StartEtcd" && a.slot === dead ? [a.command.etcd.mode] : [];
    });
    expect([...new Set(told)]).toEqual(["join"]);
  });

  it("that dies comes back as the same learner", () => {
    const run = spareRun();
    const done = changes(run, () => {
      run.world.kill(3);
      untilStandby(run);
    });
    expect(done).toEqual([]);
    expect(spareOf(run)).toBe(3);
  });

  it("gets no vote while no quorum of four would be in sight", () => {
    const run = spareRun();
    const [one = 0, other = 0] = followersOf(run).filter((slot) => slot !== 3);
    run.world.blind.add(other);
    run.world.kill(one);
    expect(types(run.reconcile().actions)).not.toContain("PromoteMember 3");
    run.world.blind.delete(other);
    untilStandby(run);
    expect(run.world.violations).toEqual([]);
  });

  it("is left alone while voters are stopped to come back, as in an update, and goes first", () => {
    const run = spareRun();
    const before = run.done.length;
    changeSpec(run, { image: "another" });
    run.until((p) => condition(p, "AllMembersUpdated") === "True");
    untilStandby(run);
    const kills = run.done.slice(before).flatMap((a) => (a.type === "KillTask" ? [a.taskId] : []));
    expect(kills[0]).toMatch(/\.3\.1$/);
    const done = types(run.done.slice(before)).filter((t) => /Member|Learner/.test(t));
    expect(done).toEqual([]);
    expect(spareOf(run)).toBe(3);
  });

  it("that was stopped to be updated is awaited before the next, until no offer has come for long", () => {
    let offers = [fakeOffer()];
    const world = new FakeWorld("172.30.0.10", () => offers);
    const run = new PlannerRun(fakeMemory(WITH_SPARE), world);
    untilStandby(run);
    offers = [];
    changeSpec(run, { image: "another" });
    const isVacant = () => run.memory.slots[3]?.task === null;
    run.until(isVacant);
    const vacantAt = run.now;
    const stopped = () => run.done.filter((a) => a.type === "KillTask").length;
    run.until(() => run.now >= vacantAt + 10_000);
    expect([stopped(), isVacant()]).toEqual([1, true]);
    run.until(() => stopped() > 1);
    expect([isVacant(), run.now - vacantAt > 60_000]).toEqual([true, false]);
    offers = [fakeOffer()];
    run.until((p) => condition(p, "AllMembersUpdated") === "True");
    untilStandby(run);
    expect(world.violations).toEqual([]);
  });

  it("gets the vote of a voter whose data is lost, also where that was stopped on purpose", () => {
    const run = spareRun();
    const [dead = 0] = followersOf(run).filter((slot) => slot !== 3);
    const done = changes(run, () => {
      run.world.loseVolume(dead);
      untilStandby(run);
    });
    expect(done).toEqual(["PromoteMember 3", `RemoveMember ${dead}`, `AddLearner ${dead}`]);
  });

  it("keeps a vote too many while the others that follow would be no quorum without it", () => {
    const run = spareRun({ replicas: 4 });
    const { leaderSlot, etcd, members } = run.world;
    etcd.promote(members.find((m) => m.isLearner)?.id ?? "");
    const lostSight = run.world.runningSlots().filter((slot) => slot !== leaderSlot && slot < 3);
    const { agents } = changeAgents(run.world.observed(), ({ slot, etcd: health }) => {
      const alone = { leaderId: null, members: null };
      return lostSight.includes(slot) ? { etcd: health && { ...health, ...alone } } : {};
    });
    expect(types(decide(run, { agents }).actions)).not.toContain("RemoveMember 4");
    expect(types(decide(run).actions)).toContain("RemoveMember 4");
  });

  it("takes part in growth and shrinking: at rest there are as many voters as replicas", () => {
    const run = spareRun();
    for (const replicas of [5, 3, 4, 3]) {
      changeSpec(run, { replicas });
      run.until(
        (p) => condition(p, "Ready") === "True" && run.world.members.length === replicas + 1,
      );
      untilStandby(run);
      expect(votersOf(run)).toHaveLength(replicas);
      expect(run.world.runningSlots()).toHaveLength(replicas + 1);
      expect(names(run)).toHaveLength(replicas);
    }
    expect(run.world.violations).toEqual([]);
  });

  it("comes and goes with its field, whoever it is by then", () => {
    const run = readyRun();
    changeSpec(run, WITH_SPARE);
    untilStandby(run);
    const [dead = 0] = followersOf(run).filter((slot) => slot !== 3);
    run.world.kill(dead);
    untilStandby(run);
    const done = changes(run, () => {
      changeSpec(run, { etcd: { ...ETCD, standby: "none" } });
      run.until((p) => condition(p, "Ready") === "True" && run.world.members.length === 3);
    });
    expect(done).toEqual([`PromoteMember ${dead}`, "RemoveMember 3"]);
    expect(run.world.runningSlots()).toEqual([0, 1, 2]);
    expect(run.world.violations).toEqual([]);
  });

  it("is the same after a suspension", () => {
    const run = spareRun();
    changeSpec(run, { suspend: true });
    run.until(() => run.world.runningSlots().length === 0);
    const done = changes(run, () => {
      changeSpec(run, { suspend: false });
      untilStandby(run);
    });
    expect(done).toEqual([]);
    expect(spareOf(run)).toBe(3);
  });
});
