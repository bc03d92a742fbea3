/** Whatever can wait lets a node stay while its kernels are busy, and no longer than the spec says. */
import { describe, expect, it } from "vitest";
import { completeMemory } from "../../../../controller/model/complete-memory.ts";
import type { KernelView } from "../../../../controller/model/kernels.ts";
import { resume } from "../../../../controller/model/resumed.ts";
import { applyRebalance } from "../../../../controller/plan/apply-rebalance.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { READY_MS_MAX } from "../../../../controller/plan/update/rebalance.ts";
import { ANNA } from "../../../support/planner/fixtures.ts";
import {
  BOUND_MS,
  busyOn,
  kernelOn,
  pass,
  silentKernel,
  SPREAD,
  tell,
} from "../../../support/planner/kernels.ts";
import {
  changeSpec,
  followersOf,
  type PlannerRun,
  readyRun,
  told,
} from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const newRun = (busyWaitSeconds = 60) => readyRun({ kernels: { ...SPREAD, busyWaitSeconds } });

const progressing = (decided: Plan) =>
  decided.status.conditions.find(({ type }) => type === "Progressing");

const killsOf = ({ done }: PlannerRun) => done.filter(({ type }) => type === "KillTask").length;

describe("a rolling update", () => {
  it("ends a node only when its kernels are idle", () => {
    const run = newRun();
    const slots = followersOf(run);
    const kernels = busyOn(run, slots);
    changeSpec(run, { image: "other" });
    const waiting = pass(run, BOUND_MS / 2, kernels);
    expect(killsOf(run)).toBe(0);
    expect(progressing(waiting)).toMatchObject({ status: "True", reason: "AwaitingKernels" });
    expect(told(run, "KernelsAwaited")).toHaveLength(slots.length);
    const [first = -1] = slots;
    const idle = kernels.map((k) => (k.slot === first ? { ...k, state: "idle" as const } : k));
    tell(run, idle);
    run.reconcile();
    expect(killsOf(run)).toBe(1);
    expect(told(run, "NodeStopping")).toEqual([
      `the container of slot ${first} is stopped: updated to the new template`,
    ]);
    expect(told(run, "KernelsLost")).toEqual([
      `1 kernel ends with the container of slot ${first} (updated to the new template): on-${first}.ipynb (idle)`,
    ]);
  });

  it("lets nodes without busy kernels go first", () => {
    const run = newRun();
    const [first = -1, last = -1] = followersOf(run);
    changeSpec(run, { image: "other" });
    tell(run, busyOn(run, [last]));
    run.reconcile();
    expect(told(run, "NodeStopping")[0]).toContain(`slot ${first} `);
  });

  it("goes on when the bound is over, and says what is lost", () => {
    const run = newRun();
    const slots = followersOf(run);
    const kernels = busyOn(run, slots);
    changeSpec(run, { image: "other" });
    const begun = run.now;
    pass(run, BOUND_MS - 1_000, kernels);
    expect(killsOf(run)).toBe(0);
    pass(run, 2_000, kernels);
    expect(killsOf(run)).toBeGreaterThan(0);
    expect(told(run, "KernelsAwaited")[0]).toContain(
      `until ${timestamp(begun + BOUND_MS)} at most`,
    );
    expect(told(run, "KernelsLost")[0]).toMatch(
      /\(updated to the new template\): on-\d.ipynb \(busy\)$/,
    );
    run.world.kernels = [];
    run.until((p) => p.status.conditions.some((c) => c.reason === "UpToDate"));
    expect(run.world.violations).toEqual([]);
  });

  it("does not begin to wait anew when the controller is restarted", () => {
    const run = newRun();
    const kernels = busyOn(run, followersOf(run));
    changeSpec(run, { image: "other" });
    pass(run, BOUND_MS - 5_000, kernels);
    const stored = JSON.parse(JSON.stringify(run.memory)) as typeof run.memory;
    run.memory = resume(completeMemory(stored), run.now);
    pass(run, 6_000, kernels);
    expect(killsOf(run)).toBeGreaterThan(0);
    expect(told(run, "KernelsAwaited")).toHaveLength(2);
  });

  it("waits for one that nobody tells of, as long as for a busy one", () => {
    const run = newRun();
    const kernels = busyOn(run, followersOf(run));
    tell(run, kernels);
    run.reconcile();
    changeSpec(run, { image: "other" });
    pass(run, BOUND_MS - 1_000, kernels.map(silentKernel));
    expect(killsOf(run)).toBe(0);
    pass(run, 2_000, kernels.map(silentKernel));
    expect(killsOf(run)).toBeGreaterThan(0);
  });

  it.each<[string, number, readonly KernelView["state"][]]>([
    ["the spec says so", 0, ["busy"]],
    ["its kernels are idle, dead or lost", 60, ["idle", "dead", "lost"]],
  ])("does not wait when %s", (_, busyWaitSeconds, states) => {
    const run = newRun(busyWaitSeconds);
    const kernels = followersOf(run).flatMap((slot) =>
      states.map((state) => kernelOn(run, slot, { id: `${slot}-${state}`, state })),
    );
    changeSpec(run, { image: "other" });
    tell(run, kernels);
    run.reconcile();
    expect(killsOf(run)).toBe(1);
    expect(told(run, "KernelsAwaited")).toEqual([]);
  });

  it("takes a bound that is changed meanwhile", () => {
    const run = newRun(86_400);
    const kernels = busyOn(run, followersOf(run));
    changeSpec(run, { image: "other" });
    pass(run, 10_000, kernels);
    expect(killsOf(run)).toBe(0);
    changeSpec(run, { kernels: { ...SPREAD, busyWaitSeconds: 1 } });
    pass(run, 200, kernels);
    expect(killsOf(run)).toBe(1);
  });

  it("that is taken back leaves no wait behind, and one that comes later waits its time", () => {
    const run = newRun();
    const kernels = busyOn(run, followersOf(run));
    changeSpec(run, { image: "other" });
    pass(run, BOUND_MS - 5_000, kernels);
    changeSpec(run, { image: null });
    const back = pass(run, 1_000, kernels);
    expect(back.memory.slots.map(({ task }) => task?.kernelWait)).toEqual([null, null, null]);
    expect(progressing(back)?.status).toBe("False");
    changeSpec(run, { image: "another" });
    pass(run, BOUND_MS - 5_000, kernels);
    expect(killsOf(run)).toBe(0);
  });

  it("of one node alone waits too", () => {
    const run = readyRun({ replicas: 1, kernels: SPREAD });
    const kernels = busyOn(run, [0]);
    changeSpec(run, { image: "other" });
    pass(run, BOUND_MS - 1_000, kernels);
    expect(killsOf(run)).toBe(0);
    pass(run, 2_000, kernels);
    expect(killsOf(run)).toBeGreaterThan(0);
  });

  it("says nothing of a wait where the only node is left to a person", () => {
    const { etcd } = readyRun().memory.cluster.spec;
    const run = readyRun({
      replicas: 1,
      kernels: SPREAD,
      etcd: { ...etcd, dataVolume: "ephemeral" },
    });
    changeSpec(run, { image: "other" });
    pass(run, 1_000, busyOn(run, [0]));
    expect(told(run, "KernelsAwaited")).toEqual([]);
    expect(killsOf(run)).toBe(0);
  });

  it("waits no longer because the clock was set back", () => {
    const run = newRun();
    const kernels = busyOn(run, followersOf(run));
    changeSpec(run, { image: "other" });
    pass(run, 1_000, kernels);
    run.now -= 3_600_000;
    pass(run, BOUND_MS - 1_000, kernels);
    expect(killsOf(run)).toBe(0);
    pass(run, 2_000, kernels);
    expect(killsOf(run)).toBeGreaterThan(0);
  });
});

describe("a rebalance", () => {
  it("waits for busy kernels, which is no reason to give up", () => {
    const site = new Site([1], {
      kernels: { ...SPREAD, busyWaitSeconds: READY_MS_MAX / 1_000 + 60 },
    });
    site.hosts.add(2).add(3);
    const kernels = busyOn(site, [0, 1, 2]);
    site.memory = applyRebalance(site.memory, "start", ANNA, site.now);
    const waiting = pass(site, READY_MS_MAX + 30_000, kernels);
    expect(killsOf(site)).toBe(0);
    expect(waiting.status.rebalance).toMatchObject({
      state: "Processing",
      message: expect.stringMatching(
        /^the move of slot 2 waits until .* at most for busy kernels$/,
      ),
    });
    pass(site, 31_000, kernels);
    expect(killsOf(site)).toBe(1);
  });
});

describe("what cannot wait", () => {
  it("is a cluster that is suspended", () => {
    const run = newRun();
    tell(run, busyOn(run, [0, 1, 2]));
    run.reconcile();
    changeSpec(run, { suspend: true });
    run.reconcile();
    expect(killsOf(run)).toBe(3);
    expect(told(run, "KernelsLost")).toHaveLength(3);
  });

  it("is a node that does not work", () => {
    const run = newRun();
    const [slot = -1] = followersOf(run);
    changeSpec(run, { image: "other" });
    run.world.units.set(slot, { sshd: { ready: false } });
    tell(run, busyOn(run, followersOf(run)));
    run.reconcile();
    expect(told(run, "NodeStopping")).toEqual([expect.stringContaining(`slot ${slot} `)]);
  });
});
