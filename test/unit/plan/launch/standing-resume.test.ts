import { describe, expect, it } from "vitest";
import { NODE_CONFIG_ENV, type NodeConfig } from "../../../../controller/model/agent-api.ts";
import type { SlotMemory } from "../../../../controller/model/memory.ts";
import { STANDING_MS_MAX } from "../../../../controller/model/standing-resume.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeCluster, fakeMemory, fakeOffer } from "../../../support/planner/fixtures.ts";
import { afterGrace, lostRun } from "../../../support/planner/lost-quorum.ts";
import { followersOf, PlannerRun, readyRun } from "../../../support/planner/run.ts";

/** Plans once, and tells the orders of the launches by slot; a launch without one has undefined. */
function orders(run: PlannerRun): Map<number, NodeConfig["resume"]> {
  const { memory, now, world } = run;
  const { actions } = plan({ memory, observed: world.observed(), now, defaultImage: "image" });
  const launches = actions.flatMap((a) => (a.type === "LaunchTasks" ? [a] : []));
  return new Map(
    launches.flatMap(({ slots, tasks }) =>
      slots.map((slot, i) => {
        const { variables } = tasks[i]?.command.environment ?? { variables: [] };
        const text = variables.find(({ name }) => name === NODE_CONFIG_ENV)?.value ?? "{}";
        return [slot, (JSON.parse(text) as NodeConfig).resume];
      }),
    ),
  );
}

/** A follower of a ready cluster has been killed, and may be launched again. */
function killed(run = readyRun()) {
  const slot = followersOf(run)[0] as number;
  const { memberId } = run.memory.slots[slot] as SlotMemory;
  run.now += 60_000;
  run.reconcile();
  run.world.kill(slot);
  return { run, slot, memberId };
}

describe("a launch in a slot whose data waits for it", () => {
  it("brings the order to resume as the very member that the quorum knows, for a minute", () => {
    const { run, slot, memberId } = killed();
    const { bootstrap } = run.memory;
    expect([...orders(run)]).toEqual([
      [
        slot,
        {
          commandId: `default.demo.01234567.${slot}.2:resume`,
          clusterId: bootstrap?.phase === "done" && bootstrap.clusterId,
          memberId,
          notAfter: run.now + STANDING_MS_MAX,
        },
      ],
    ]);
  });

  it("is confirmed by a start command of the same id", () => {
    const { run, slot } = killed();
    run.until((p) => p.memory.slots[slot]?.task?.startCommand != null);
    expect(run.memory.slots[slot]?.task).toMatchObject({
      resumes: true,
      startCommand: { commandId: `default.demo.01234567.${slot}.2:resume` },
    });
  });

  it("brings it also while there is no quorum to ask: all that have data are needed for one", () => {
    const run = readyRun();
    run.now += 60_000;
    run.reconcile();
    for (const slot of run.world.runningSlots()) run.world.kill(slot);
    const memberIds = run.memory.slots.map((s) => s.memberId);
    const told = orders(run);
    expect([0, 1, 2].map((slot) => told.get(slot)?.memberId)).toEqual(memberIds);
  });
});

describe("a launch brings no order", () => {
  it("when there is no cluster yet", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.until((p) => p.actions.some((a) => a.type === "EnsureNetwork"));
    expect([...orders(run).values()].filter(Boolean)).toEqual([]);
  });

  it("when the slot's member was removed", () => {
    const { run, slot, memberId } = killed();
    run.world.etcd.remove(memberId as string);
    expect([...orders(run)]).toEqual([[slot, undefined]]);
  });

  it("when the slot's data is on another host", () => {
    let offered = fakeOffer();
    const world = new FakeWorld("172.30.0.10", () => [offered]);
    const run = new PlannerRun(fakeMemory(), world);
    run.untilReady();
    offered = fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2" });
    const { slot } = killed(run);
    expect([...orders(run)]).toEqual([[slot, undefined]]);
  });

  it("when the data goes with the container", () => {
    const { etcd } = fakeCluster().spec;
    const { run, slot } = killed(readyRun({ etcd: { ...etcd, dataVolume: "ephemeral" } }));
    expect([...orders(run)]).toEqual([[slot, undefined]]);
  });

  it("when nobody knows whether the slot's vote was given or taken", () => {
    const { run, slot } = killed();
    for (const other of followersOf(run)) run.world.kill(other);
    run.world.kill(run.world.leaderSlot as number);
    const { recovery } = run.memory;
    run.memory = { ...run.memory, recovery: { ...recovery, pendingVoterChange: slot } };
    expect(orders(run).get(slot)).toBeUndefined();
  });

  it("while the cluster is begun anew", () => {
    const run = afterGrace(lostRun());
    run.reconcile();
    expect(run.memory.recovery.inProgress).not.toBeNull();
    const waiting = run.world.runningSlots().at(-1) as number;
    run.world.kill(waiting);
    run.now += 60_000;
    expect(orders(run).get(waiting)).toBeUndefined();
  });
});

describe("a container that was launched with an order and may run on", () => {
  it("is looked for where it was launched, though it was never told to start etcd", () => {
    const { run, slot } = killed();
    run.reconcile();
    const taskId = run.world.taskOf(slot) as string;
    expect(run.memory.slots[slot]?.task).toMatchObject({ resumes: true, startCommand: null });
    run.world.kill(slot);
    const task = run.world.tasks.get(taskId);
    if (task === undefined) throw new Error("the task is there");
    run.world.tasks.set(taskId, { ...task, state: "TASK_GONE" });
    run.reconcile();
    expect(run.memory.slots[slot]?.orphan?.place).toEqual({
      agentId: "agent-1",
      hostname: "host-1",
    });
  });
});
