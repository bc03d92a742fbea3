/** The explorer's own world does what it stands for, and its search knows a state again. */
import { describe, expect, it } from "vitest";
import { settle } from "../../simulation/explorer/effects.ts";
import { faultsOf } from "../../simulation/explorer/faults.ts";
import { keyOf } from "../../simulation/explorer/key.ts";
import {
  learnerCatchesUp,
  survivorOutOfSight,
  survivorUnaware,
} from "../../simulation/explorer/moments.ts";
import { kill } from "../../simulation/explorer/mesos.ts";
import { observe } from "../../simulation/explorer/observe.ts";
import { giveCommand } from "../../simulation/explorer/start-command.ts";
import { Scratch } from "../../simulation/explorer/scratch.ts";
import { explore } from "../../simulation/explorer/search.ts";
import { nothingYet, quiet, readyCluster, unbroken } from "../../simulation/explorer/start.ts";
import type { State } from "../../simulation/explorer/state.ts";
import { reconcile } from "../../simulation/explorer/reconcile.ts";

const THREE = { replicas: 3, spareHosts: 0 };
const ready = readyCluster(THREE);

function struck(state: State, kind: Parameters<typeof faultsOf>[1][number], slot: number): State {
  const scratch = new Scratch(state);
  const fault = faultsOf(state, [kind]).find(({ name }) => name.endsWith(`slot ${slot}`));
  if (fault === undefined) throw new Error(`${kind} cannot strike slot ${slot}`);
  fault.happen(scratch);
  return scratch.state;
}

function leads(state: State): number | undefined {
  const { leader, history } = state.histories.at(-1) ?? {};
  return state.containers.find((c) =>
    Object.entries(state.volumes).some(
      ([place, v]) =>
        place.endsWith(` ${c.slot}`) && v.memberId === leader && v.history === history,
    ),
  )?.slot;
}

describe("the explorer's world", () => {
  it("is brought to Ready by the planner, with one leader and three voters", () => {
    expect(ready.containers.map((c) => c.slot)).toEqual([0, 1, 2]);
    expect(ready.histories).toHaveLength(1);
    expect(ready.histories[0]?.members.map((m) => m.isLearner)).toEqual([false, false, false]);
    expect(leads(ready)).toBe(0);
  });

  it("elects another leader when the first dies, and is whole again", () => {
    const after = quiet(struck(ready, "killed", 0));
    expect(leads(after)).not.toBe(0);
    expect(new Set(after.containers.map((c) => c.slot))).toEqual(new Set([0, 1, 2]));
    expect(after.histories).toHaveLength(1);
  });

  it("replaces a member whose data is lost by one with another id", () => {
    const after = quiet(struck(ready, "data lost", 2));
    const idOf = (state: State) =>
      state.histories.at(-1)?.members.find((m) => m.name === "slot-2")?.id;
    expect(idOf(after)).not.toBe(idOf(ready));
    expect(after.histories.at(-1)?.members.filter((m) => !m.isLearner)).toHaveLength(3);
  });

  it("has no leader without a quorum, and none is heard of once that is noticed", () => {
    const scratch = new Scratch(struck(struck(ready, "killed", 0), "killed", 1));
    const [history] = scratch.state.histories;
    expect(history && scratch.leaderOf(history)).toBeUndefined();
    expect(scratch.state.containers[0]?.leaderId).not.toBeNull();
    settle(scratch);
    expect(scratch.state.containers.find((c) => c.slot === 2)?.leaderId).toBeNull();
  });

  it("shows what is late as fresh, and what is silent as old", () => {
    const taskId = ready.containers[1]?.taskId ?? "";
    const freshness = (state: State) => observe(state).agents.get(taskId)?.freshness;
    expect(freshness(struck(ready, "late news", 1))).toBe("fresh");
    expect(freshness(struck(ready, "silence", 1))).toBe("stale");
  });

  it("takes an identity that begins twice for a broken rule", () => {
    const scratch = new Scratch(nothingYet(THREE));
    for (let round = 0; round < 3; round++) {
      settle(scratch);
      reconcile(scratch);
    }
    expect(scratch.broken).toEqual([]);
    const task = scratch.state.memory.slots[0]?.task;
    const [container] = scratch.state.containers;
    if (task?.startCommand == null || container === undefined)
      throw new Error("slot 0 has no order");
    scratch.wipe(container);
    scratch.patchContainer(container.taskId, { commandId: null, etcd: "none", leaderId: null });
    giveCommand(scratch, task.taskId, {
      commandId: "again",
      etcd: task.startCommand.etcd,
    });
    expect(scratch.broken.map((b) => b.rule)).toEqual(["an identity is used once"]);
  });
});

describe("the moments that the explorer begins at", () => {
  it("have a learner that two more steps make a voter", () => {
    const before = learnerCatchesUp({ ...THREE, spareHosts: 1 });
    const votersOf = (state: State) =>
      state.histories.at(-1)?.members.filter((m) => !m.isLearner).length;
    expect(votersOf(before)).toBe(3);
    const scratch = new Scratch(before);
    // It follows, and the leader says that it has started.
    for (let step = 0; step < 2; step++) {
      settle(scratch);
      reconcile(scratch);
    }
    expect(votersOf(scratch.state)).toBe(4);
  });

  it("have two survivors of five, one of them silent, and no new beginning", () => {
    const { containers, volumes, memory } = survivorOutOfSight({ replicas: 5, spareHosts: 0 });
    expect(Object.keys(volumes)).toHaveLength(2);
    expect(containers.find((c) => c.slot === 1)?.news).toBe("silent");
    expect(memory.recovery.epoch).toBe(0);
  });

  it("have a survivor whose agent read its log before the last write", () => {
    const { containers, volumes } = survivorUnaware(THREE);
    const survivor = containers.find((c) => c.slot === 0);
    const [volume] = Object.values(volumes);
    expect(survivor?.leaderId).not.toBeNull();
    expect(survivor?.logRead.index).toBeLessThan(volume?.end.index ?? 0);
  });
});

describe("a container that was told to end", () => {
  it("goes on until it has ended", () => {
    const scratch = new Scratch(ready);
    const task = ready.containers[1]?.taskId ?? "";
    kill(scratch, task);
    expect(observe(scratch.state).agents.get(task)?.freshness).toBe("fresh");
    settle(scratch);
    expect(scratch.state.containers.map((c) => c.slot)).toEqual([0, 2]);
  });
});

describe("two states", () => {
  it("are one when only moments have passed that no timer counts", () => {
    expect(keyOf({ ...ready, now: ready.now + 1_000_000 })).toBe(
      keyOf({ ...ready, now: ready.now + 2_000_000 }),
    );
  });

  it("are two when something may come of it", () => {
    expect(keyOf(struck(ready, "killed", 0))).not.toBe(keyOf(ready));
    expect(keyOf(struck(ready, "late news", 0))).not.toBe(keyOf(ready));
  });
});

describe("a scope", () => {
  const scope = {
    name: "small",
    begin: () => ready,
    edits: [],
    faults: ["Mesos away"] as const,
    surprisesMax: 1,
    stepsMax: 6,
  };

  it("is explored to its end when the budget lasts, the same each time", () => {
    const explored = explore(scope, { visitsMax: 2_000, seed: 1 });
    expect(explored).toMatchObject({ complete: true, violation: null });
    expect(explore(scope, { visitsMax: 2_000, seed: 1 })).toEqual(explored);
    expect(explore(scope, { visitsMax: 2_000, seed: 2 }).states).toBe(explored.states);
  });

  it("tells of a rule that is broken where it begins as of a way of no steps", () => {
    const broken = { rule: "never below quorum", what: "slot 1" };
    const begin = () => {
      const scratch = new Scratch(nothingYet(THREE));
      scratch.wrong(broken.rule, broken.what);
      return unbroken(scratch);
    };
    const { violation } = explore({ ...scope, begin }, { visitsMax: 1, seed: 1 });
    expect(violation).toEqual({ ...broken, scope: "small", steps: [] });
  });
});
