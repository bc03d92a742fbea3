/** What has been decided about a vote is seen before another vote is decided about. */
import { describe, expect, it } from "vitest";
import type { EtcdMember } from "../../../../controller/model/agent-api.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { VOTE_CHANGE_MS_MAX } from "../../../../controller/plan/membership/vote-change.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";
import {
  changeSpec,
  condition,
  followersOf,
  type PlannerRun,
  readyRun,
  types,
} from "../../../support/planner/run.ts";

const { etcd: ETCD } = fakeCluster().spec;

/** Of votes. */
const changes = ({ actions }: Plan) =>
  types(actions).filter((t) => /PromoteMember|RemoveMember/.test(t));

const killed = ({ memory }: Plan) =>
  memory.slots.filter((s) => s.task?.killRequestedAt != null).map(({ slot }) => slot);

/** One look, by what every agent tells of the membership. */
function look(run: PlannerRun, members: readonly EtcdMember[]): Plan {
  const { agents } = changeAgents(run.world.observed(), ({ etcd }) => {
    return { etcd: etcd && { ...etcd, members: etcd.members && members } };
  });
  const decided = decide(run, { agents });
  run.memory = decided.memory;
  return decided;
}

/** The spare has got the vote of a dead follower, whose removal has just been decided. */
function replacing() {
  const run = readyRun({ etcd: { ...ETCD, standby: "learner" } });
  run.until((p) => p.status.nodes.some((n) => n.phase === "Standby"));
  const [dead = -1] = followersOf(run).filter((slot) => slot !== 3);
  run.world.kill(dead);
  expect(changes(run.reconcile())).toEqual(["PromoteMember 3"]);
  const members = [...run.world.members];
  expect(changes(look(run, members))).toEqual([`RemoveMember ${dead}`]);
  return { run, dead, members };
}

/**
 * Its etcd was ordered to resume by its launch, and serves before the removal has arrived. The spare's container
 * is no older than its own: of a vote too many it would be the spare's that goes.
 */
function serveAgain(run: PlannerRun, slot: number): void {
  const { world, memory, now } = run;
  const slots = memory.slots.map((s) => ({ ...s, task: s.task && { ...s.task, launchedAt: now } }));
  run.memory = { ...memory, slots };
  const clusterId = world.etcd.clusterIds.at(-1) ?? "";
  const etcd = { mode: "resume", memberName: `slot-${slot}`, clusterId } as const;
  const jupyter = { token: "", cookieSecret: "" };
  const taskId = world.taskOf(slot) ?? "";
  const command = { apiVersion: 1, commandId: `${taskId}:resume`, etcd, jupyter };
  world.apply({ type: "StartEtcd", slot, taskId, ip: "", command });
  world.settle();
}

describe("while a membership of before is told", () => {
  it("no other member is removed, though the dead voter serves again and the spare has its vote", () => {
    const { run, dead, members } = replacing();
    serveAgain(run, dead);
    expect(changes(look(run, members))).toEqual([]);
    const after = members.filter(({ name }) => name !== `slot-${dead}`);
    expect(changes(look(run, after))).toEqual([]);
    expect(run.memory.recovery.voteChange).toBeNull();
  });

  it("the same change is asked for again", () => {
    const { run, dead, members } = replacing();
    expect(changes(look(run, members))).toEqual([`RemoveMember ${dead}`]);
  });

  it("another is made after a while: the first was lost on its way", () => {
    const { run, dead, members } = replacing();
    serveAgain(run, dead);
    run.now += VOTE_CHANGE_MS_MAX - 1;
    expect(changes(look(run, members))).toEqual([]);
    run.now += 1;
    expect(changes(look(run, members))).toEqual(["RemoveMember 3"]);
  });

  it("it is not waited for longer because the clock was set back", () => {
    const { run, dead, members } = replacing();
    serveAgain(run, dead);
    run.now -= 3_600_000;
    look(run, members);
    run.now += VOTE_CHANGE_MS_MAX;
    expect(changes(look(run, members))).toEqual(["RemoveMember 3"]);
  });

  it("no node is stopped that an update would take", () => {
    const run = readyRun({ replicas: 5 });
    changeSpec(run, { replicas: 4 });
    const members = [...run.world.members];
    expect(changes(look(run, members))).toEqual(["RemoveMember 4"]);
    changeSpec(run, { replicas: 5, image: "other" });
    expect(killed(look(run, members))).toEqual([]);
    const after = members.filter(({ name }) => name !== "slot-4");
    for (const { id } of members.filter((m) => !after.includes(m))) run.world.etcd.remove(id);
    run.until((p) => condition(p, "AllMembersUpdated") === "True");
    expect(run.world.violations).toEqual([]);
  });
});
