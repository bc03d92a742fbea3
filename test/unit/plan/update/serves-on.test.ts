/**
 * Whom a rolling update may take for broken, and so end before its turn: not one of which only Mesos, its agent's
 * first word after a pause, or the age of its agent says so.
 */
import { describe, expect, it } from "vitest";
import { fresh, lastKnown } from "../../../../controller/model/observed.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { TaskState } from "../../../../controller/mesos/wire.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { BOUND_MS, busyOn, SPREAD, tell } from "../../../support/planner/kernels.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, followersOf, PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { unsupported } from "../../../support/planner/unsupported.ts";

const killed = ({ memory }: Plan) =>
  memory.slots.filter((s) => s.task?.killRequestedAt != null).map(({ slot }) => slot);

/** An update of three nodes, of which this follower's kernels are busy. */
function updating(): { readonly run: PlannerRun; readonly slot: number; readonly other: number } {
  const run = readyRun({ kernels: SPREAD });
  const [slot = -1, other = -1] = followersOf(run);
  const kernels = busyOn(run, [slot]);
  tell(run, kernels);
  run.reconcile();
  changeSpec(run, { image: "other" });
  return { run, slot, other };
}

describe("a container that Mesos has lost sight of, and whose agent tells that it works", () => {
  const seenBy = (state: TaskState) => {
    const { run, slot } = updating();
    const mesos = lastKnown(run.world.observed().mesos);
    if (mesos === undefined) throw new Error("Mesos is not known");
    const taskId = run.world.taskOf(slot) ?? "";
    const task = mesos.tasks.get(taskId);
    if (task === undefined) throw new Error(`${taskId} is not known`);
    const tasks = new Map([...mesos.tasks, [taskId, { ...task, state }]]);
    return decide(run, { mesos: fresh({ ...mesos, tasks }) });
  };

  it.each<TaskState>(["TASK_UNREACHABLE", "TASK_LOST", "TASK_UNKNOWN"])(
    "is not ended by an update that it would be the first of: %s",
    (state) => {
      expect(killed(seenBy(state))).toEqual([]);
    },
  );
});

describe("a voter whose agent tells that no etcd serves", () => {
  const silentEtcd = (blind: (slots: ReturnType<typeof updating>) => readonly number[]) => {
    const slots = updating();
    const { run, slot } = slots;
    for (const unseen of blind(slots)) run.world.blind.add(unseen);
    const { agents } = changeAgents(run.world.observed(), (status) =>
      status.slot === slot ? { etcd: null } : {},
    );
    return { ...slots, decided: decide(run, { agents }) };
  };

  it("is not ended while the leader's quorum can only be with it", () => {
    const { decided } = silentEtcd(({ other }) => [other]);
    expect(killed(decided)).toEqual([]);
  });

  it("is ended first where the others are a quorum", () => {
    const { decided, slot } = silentEtcd(() => []);
    expect(killed(decided)).toEqual([slot]);
  });
});

describe("a first member whose agent cannot tell yet that its etcd serves", () => {
  it("is not ended by an edit that comes with the first word of the leader", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    while (run.world.leaderSlot === null) run.reconcile();
    expect(run.memory.bootstrap?.phase).toBe("started");
    changeSpec(run, { image: "other" });
    const { leaderSlot } = run.world;
    const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
      slot === leaderSlot ? {} : { etcd: null },
    );
    const decided = decide(run, { agents });
    expect(decided.memory.bootstrap?.phase).toBe("done");
    expect(killed(decided)).toEqual([]);
  });
});

describe("a node of a release too far away", () => {
  it("waits for its busy kernels as any that works, and no longer", () => {
    const { run, slot } = updating();
    const waiting = unsupported(run, slot);
    expect(killed(waiting)).toEqual([]);
    expect(waiting.memory.slots[slot]?.task?.kernelWait).toMatchObject({ why: "update" });
    run.memory = waiting.memory;
    run.now += BOUND_MS;
    expect(killed(unsupported(run, slot))).toEqual([slot]);
  });
});
