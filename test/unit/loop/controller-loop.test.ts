/** The production loop over a fake world: order of effects, failures, crashes. */
import { describe, expect, it } from "vitest";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { KEY, LoopWorld } from "../../support/loop/loop-world.ts";
import { fakeCluster, T0 } from "../../support/planner/fixtures.ts";
import { exit, kernelOn } from "../../support/planner/kernels.ts";

describe("the loop", () => {
  it("brings a cluster up and then rests", async () => {
    const run = new LoopWorld();
    run.read();
    await run.until(() => run.ready);
    expect(run.world.violations).toEqual([]);
    expect(run.memory().bootstrap?.phase).toBe("done");
  });

  it("stores the intent of a launch before it is made", async () => {
    const run = new LoopWorld();
    run.read();
    await run.until(() => run.performed.some((a) => a.type === "LaunchTasks"));
    const launched = run.performed.find((a) => a.type === "LaunchTasks");
    const stored = run.memory().slots.map((s) => s.task?.taskId);
    expect(stored).toContain(launched?.type === "LaunchTasks" && launched.tasks[0]?.task_id.value);
  });

  it("does nothing at all while its memory cannot be stored, and goes on when it can", async () => {
    const run = new LoopWorld();
    run.diskFull = true;
    run.read();
    for (let i = 0; i < 20; i++) await run.until(() => true);
    await expect(run.until(() => run.ready, 50)).rejects.toThrow("not converged");
    expect(run.performed).toEqual([]);
    run.diskFull = false;
    await run.until(() => run.ready);
  });

  it("tells what it sees while its memory cannot be stored, and repairs when it can", async () => {
    const run = new LoopWorld();
    const condition = (type: string) =>
      run.published?.status.conditions.find((c) => c.type === type);
    run.read();
    await run.until(() => run.ready);
    const done = run.performed.length;
    run.diskFull = true;
    for (const slot of run.world.runningSlots()) run.world.kill(slot);
    await run.until(() => run.published?.status.readyReplicas === 0);
    expect(condition("StateStored")).toMatchObject({ status: "False", reason: "StorageFailed" });
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "StorageFailed" });
    expect(condition("Degraded")).toMatchObject({ status: "True", reason: "StorageFailed" });
    expect(run.published?.status.nodes.map((n) => n.taskId)).toEqual([null, null, null]);
    expect(run.published?.status.lastErrors[0]?.code).toBe(ERROR_CODES.DISK_FULL);
    expect(run.loop.stateProblem()).toBe("disk full");
    const since = condition("StateStored")?.lastTransitionTime;
    await expect(run.until(() => run.ready, 100)).rejects.toThrow("StorageFailed");
    expect(condition("StateStored")?.lastTransitionTime).toBe(since);
    expect(run.performed.length).toBe(done);
    expect(run.memory().slots.every((s) => s.task !== null)).toBe(true);
    run.diskFull = false;
    await run.until(() => run.ready && run.published?.status.lastErrors.length === 0);
    expect(run.loop.stateProblem()).toBeNull();
    expect(condition("StateStored")).toMatchObject({ status: "True", reason: "Stored" });
    expect(run.world.violations).toEqual([]);
  });

  it.each([true, false])(
    "writes again first what the store has not answered, carried out: %s",
    async (carriedOut) => {
      const run = new LoopWorld();
      run.read();
      await run.until(() => run.ready);
      const begun = run.stored.length;
      run.unanswered = { carriedOut, left: 4 };
      run.world.kill(0);
      const asked = run.loop.requestSnapshot(KEY, { via: "CommandLine", user: null });
      await run.until(() => run.published?.status.readyReplicas === 2);
      await run.until(() => run.ready && run.unanswered.left === 0);
      expect(await asked).toBe(1);
      const launches = run.stored.slice(begun).map((m) => m.slots[0]?.launches ?? 0);
      expect(launches).toEqual(launches.toSorted((a, b) => a - b));
      expect(run.memory().operations.map((o) => o.kind)).toEqual(["SaveSnapshot"]);
      expect(run.world.violations).toEqual([]);
    },
  );

  it("notices a disk with room again though nothing else changed", async () => {
    const run = new LoopWorld();
    run.read();
    await run.until(() => run.ready);
    run.diskFull = true;
    run.read(4);
    await run.until(() => run.loop.stateProblem() !== null);
    expect(run.published?.status.replicas).toBe(4);
    run.read(3);
    run.diskFull = false;
    await run.until(() => run.loop.stateProblem() === null && run.ready);
    expect(run.world.runningSlots()).toEqual([0, 1, 2]);
  });

  it("goes on when the memory of a deleted cluster cannot be removed", async () => {
    const run = new LoopWorld();
    run.read();
    await run.until(() => run.ready);
    await run.delete();
    run.diskStuck = true;
    await run.until(() => run.loop.stateProblem() !== null);
    expect(run.disk.size).toBe(1);
    run.diskStuck = false;
    await run.until(() => run.disk.size === 0 && run.published === null);
    expect(run.loop.stateProblem()).toBeNull();
  });

  it("refuses what is asked of a cluster that is going, and keeps it from the next of its name", async () => {
    const run = new LoopWorld();
    run.read();
    await run.until(() => run.ready);
    await run.delete();
    const person = { via: "API", user: null } as const;
    let answered: unknown = null;
    run.releasing = () => {
      run.read();
      const asking = run.loop.requestRestore(KEY, { from: "nothing" }, person);
      asking.catch((error: unknown) => {
        answered = error;
      });
    };
    await run.until(() => answered !== null && run.ready);
    expect(answered).toMatchObject({ code: ERROR_CODES.NOT_FOUND });
    expect([run.memory().recovery.requested, run.memory().operations]).toEqual([null, []]);
    await expect(new LoopWorld().loop.notified(KEY, 7)).rejects.toThrow("deleted");
  });

  it("takes a launch back when its offer is gone, and launches anew", async () => {
    const run = new LoopWorld();
    const error = new OperationError(ERROR_CODES.OFFER_GONE, "LaunchTasks", "the offer is gone");
    run.failNext = { type: "LaunchTasks", error };
    run.read();
    await run.until(() => run.ready);
    expect(run.world.violations).toEqual([]);
    const launches = run.memory().slots.map((s) => s.launches);
    expect(launches).toEqual([2, 2, 2]);
  });

  it("launches nothing when the network cannot be made, and says so", async () => {
    const run = new LoopWorld();
    const message = "subnet 172.30.0.0/24 is taken by network other";
    const error = new OperationError(ERROR_CODES.NETWORK_CONFLICT, "EnsureNetwork", message);
    run.failNext = { type: "EnsureNetwork", error };
    run.read();
    await run.until(() => run.ready && run.published?.status.lastErrors.length === 0);
    expect(run.toldErrors).toContain(`${error.code}: ${message}`);
    const types = run.performed.map((a) => a.type);
    expect(types.indexOf("EnsureNetwork")).toBeLessThan(types.indexOf("LaunchTasks"));
  });

  it("crashes on a programmer error instead of going on", async () => {
    const run = new LoopWorld();
    const bug = new TypeError("a bug") as unknown as OperationError;
    run.failNext = { type: "EnsureNetwork", error: bug };
    const crash = new Promise((resolve) => process.once("unhandledRejection", resolve));
    run.read();
    expect(await crash).toBe(bug);
  });
});

describe("a crash between any two effects", () => {
  it("of the bring-up, of a repair and of a change of replicas converges after a restart", async () => {
    const whole = new LoopWorld();
    whole.read();
    await whole.until(() => whole.ready);
    const steps = whole.performed.length;
    expect(steps).toBeGreaterThan(10);
    for (let crashAt = 0; crashAt <= steps; crashAt++) {
      await crashAndRecover(crashAt, async (run) => run.read());
      await crashAndRecover(crashAt, async (run) => {
        await ready(run);
        run.world.kill(run.world.leaderSlot ?? 0);
      });
      await crashAndRecover(crashAt, async (run) => {
        await ready(run);
        run.read(5);
      });
    }
  });
});

async function ready(run: LoopWorld): Promise<void> {
  run.read();
  await run.until(() => run.ready);
}

async function crashAndRecover(
  crashAt: number,
  begin: (run: LoopWorld) => Promise<void>,
): Promise<void> {
  const run = new LoopWorld();
  const begun = begin(run);
  await begun;
  run.actionsUntilCrash = crashAt;
  await run
    .until(() => run.crashed || (run.ready && run.actionsUntilCrash > 0), 200)
    .catch(() => {});
  run.restart();
  run.published = null;
  await run.until(() => run.ready);
  expect(run.world.violations, `crash before action ${crashAt}`).toEqual([]);
}

describe("what drifts of kernels", () => {
  const spread = { ...fakeCluster().spec.kernels, placement: "spread" } as const;

  async function withKernel(): Promise<LoopWorld> {
    const run = new LoopWorld();
    run.read(3, { kernels: spread });
    await run.until(() => run.ready);
    run.world.kernels = [kernelOn(run, 0)];
    await run.until(() => run.published?.status.kernels?.length === 1);
    return run;
  }

  it("is published at once, and then no more often than every five seconds", async () => {
    const run = await withKernel();
    const published = new Set<number>();
    const begun = run.clock.now();
    for (let n = 0; run.clock.now() < begun + 60_000; n += 1) {
      const before = run.published;
      run.world.kernels = [
        kernelOn(run, 0, { state: n % 2 === 0 ? "busy" : "idle", since: T0 + n }),
      ];
      await run.until(() => run.published !== before || run.clock.now() > begun + 60_000);
      published.add(run.clock.now());
    }
    expect(published.size).toBeGreaterThanOrEqual(6);
    expect(published.size).toBeLessThanOrEqual(13);
  });

  it("is published when it may be, though nothing more happens", async () => {
    const run = await withKernel();
    const at = run.clock.now();
    run.world.kernels = [kernelOn(run, 0, { state: "busy" })];
    run.loop.wakeAll();
    const isBusy = () => run.published?.status.kernels?.[0]?.state === "busy";
    for (let turn = 0; !isBusy() && run.clock.now() < at + 60_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 5 === 4) run.clock.next();
    }
    expect(run.clock.now() - at).toBeLessThanOrEqual(5_000);
  });

  it("is not waited with for what else is new", async () => {
    const run = await withKernel();
    const at = run.clock.now();
    run.world.kernels = [kernelOn(run, 0), kernelOn(run, 1)];
    await run.until(() => run.published?.status.kernels?.length === 2);
    run.world.kernels = [kernelOn(run, 0), kernelOn(run, 1, { lastExit: exit() })];
    await run.until(() => run.published?.status.kernels?.[1]?.lastExit != null);
    expect(run.clock.now() - at).toBeLessThan(5_000);
  });
});
