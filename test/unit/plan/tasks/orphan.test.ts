import { OF_NONE } from "../../../support/planner/fixtures.ts";
import { describe, expect, it } from "vitest";
import type {
  ObservedJob,
  ObservedMesos,
  ObservedTask,
} from "../../../../controller/model/observed.ts";
import { fresh, lastKnown } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { followersOf, readyRun } from "../../../support/planner/run.ts";

type End = Partial<Pick<ObservedTask, "state" | "reason" | "message">>;

/** A ready cluster, of which one follower's task has ended so. */
function ended(end: End) {
  const run = readyRun();
  const slot = followersOf(run)[0] as number;
  const taskId = run.world.taskOf(slot) ?? "";
  run.world.kill(slot);
  const task = run.world.tasks.get(taskId) as ObservedTask;
  run.world.tasks.set(taskId, { ...task, ...end });
  return { slot, taskId, run, decide: decider(run, slot) };
}

/** Plans again and again without any effect but what is remembered. */
function decider(run: ReturnType<typeof readyRun>, slot: number) {
  return (laterMs = 0, jobs: readonly ObservedJob[] = []) => {
    run.now += laterMs;
    const observed = { ...run.world.observed(), jobs };
    const decided = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" });
    run.memory = decided.memory;
    const about = decided.actions.filter(
      (a) =>
        (a.type === "EndOrphan" && a.slot === slot) ||
        (a.type === "LaunchTasks" && a.slots.includes(slot)),
    );
    return about.map(({ type }) => type);
  };
}

const LOST: readonly (readonly [string, End])[] = [
  ["its executor has died", { reason: "REASON_EXECUTOR_TERMINATED" }],
  ["its address was held by another", { message: "Container exited with status 125" }],
  ["Mesos has lost it", { state: "TASK_GONE" }],
];

describe("a container that may run on", () => {
  it.each(LOST)("is ended through its own agent before its slot is launched, when %s", (_, end) => {
    const { decide, run, slot } = ended(end);
    expect(decide()).toEqual(["EndOrphan"]);
    const key = `EndOrphan slot ${slot}`;
    expect(
      decide(1_000, [{ key, state: "running", since: run.now, error: null, ...OF_NONE }]),
    ).toEqual([]);
    expect(decide(1_000)).toEqual(["LaunchTasks"]);
  });

  it("is asked again when that has failed, and launched over after two minutes", () => {
    const { decide, run, slot } = ended({ reason: "REASON_EXECUTOR_TERMINATED" });
    decide();
    const error = { code: "ERR_TIMEOUT", operation: "", message: "", observedAt: "" } as const;
    const failed = {
      key: `EndOrphan slot ${slot}`,
      state: "failed",
      ...OF_NONE,
      since: run.now,
      error,
    } as const;
    expect(decide(1_000, [failed])).toEqual([]);
    expect(decide(4_000, [failed])).toEqual(["EndOrphan"]);
    expect(decide(120_000, [failed])).toEqual(["LaunchTasks"]);
  });

  it("that did not answer may run on: elsewhere nothing is launched in its place, for an hour", () => {
    const { decide, run } = ended({ reason: "REASON_EXECUTOR_TERMINATED" });
    decide();
    const { offers } = run.world;
    const elsewhere = offers().map((offer) => ({ ...offer, agentId: "b", hostname: "b" }));
    const seen = run.world.observed();
    run.world.observed = () => ({
      ...seen,
      mesos: fresh({ ...lastKnown(seen.mesos), offers: elsewhere } as ObservedMesos),
    });
    expect([decide(1_000), decide(1_000)]).toEqual([[], []]);
    expect(decide(3_600_000)).toEqual(["LaunchTasks"]);
  });

  it("holds up nobody when it has surely ended", () => {
    const { decide } = ended({ message: "Container exited with status 137" });
    expect(decide()).toEqual(["LaunchTasks"]);
  });
});

describe("a host that comes back as another Mesos agent", () => {
  it("is not waited for: what ran there counts as ended, with an orphan to be looked for", () => {
    const { decide, run, taskId } = ended({ state: "TASK_LOST" });
    expect(decide()).toEqual([]);
    const seen = run.world.observed();
    const { mesos } = seen;
    const offers = mesos.freshness === "fresh" ? mesos.value.offers : [];
    const { tasks } = run.world;
    run.world.observed = () => ({
      ...seen,
      mesos: fresh({
        frameworkId: "framework",
        reconciled: true,
        maintenance: new Map(),
        tasks,
        offers: offers.map((offer) => ({ ...offer, agentId: "another" })),
      }),
    });
    expect(tasks.get(taskId)?.state).toBe("TASK_LOST");
    expect(decide(1_000)).toEqual(["EndOrphan"]);
  });
});
