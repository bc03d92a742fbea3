import { describe, expect, test } from "vitest";
import type { Election, ElectionRecord } from "../../../../controller/model/election.ts";
import { completeMemory } from "../../../../controller/model/complete-memory.ts";
import { fresh } from "../../../../controller/model/observed.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { type PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { idOf, SPLIT, THREE, toldBy } from "./captured.ts";

/** Elections that the agents of these slots tell, in place of none. */
type Telling = Readonly<Record<number, readonly ElectionRecord[]>>;

/** One reconcile in which nothing else happens. */
function reconcile(run: PlannerRun, telling: Telling): Plan {
  const observed = run.world.observed();
  const agents = new Map(
    [...observed.agents].map(([taskId, source]) => {
      if (source.freshness !== "fresh") return [taskId, source];
      const elections = telling[source.value.slot] ?? [];
      return [taskId, fresh({ ...source.value, elections })];
    }),
  );
  const now = run.now;
  const decided = plan({
    memory: run.memory,
    observed: { ...observed, agents },
    now,
    defaultImage: "image",
  });
  run.memory = decided.memory;
  return decided;
}

/** As the captured members told it, by the ids of the run's members in slots 0, 1 and 2. */
function asTold(run: PlannerRun, members: readonly string[]): Telling {
  const idIn = (slot: number) => run.world.members.find((m) => m.name === `slot-${slot}`)?.id ?? "";
  const slotOf = (member: string) => "abc".indexOf(member.split("-")[1] ?? "");
  const translated = (records: readonly ElectionRecord[]) =>
    members.reduce(
      (text, member) => text.replaceAll(`"${idOf(member)}"`, `"${idIn(slotOf(member))}"`),
      JSON.stringify(records),
    );
  const telling: Record<number, readonly ElectionRecord[]> = {};
  for (const member of members) {
    const records = JSON.parse(translated(toldBy(member))) as ElectionRecord[];
    telling[slotOf(member)] = [...(telling[slotOf(member)] ?? []), ...records];
  }
  return telling;
}

function told(run: PlannerRun): string[] {
  return run.memory.events.filter((e) => /Leader|Election/.test(e.reason)).map((e) => e.message);
}

describe("elections in the status", () => {
  test("are the elections of all members, with the slots of those", () => {
    const run = readyRun();
    const { elections } = reconcile(run, asTold(run, SPLIT)).status;
    expect(elections.map((e) => [e.term, e.votes.length, e.durationMs])).toEqual([
      [2, 3, 2],
      [3, 4, null],
      [4, 2, 972],
    ]);
    expect(elections[2]?.members.map((m) => m.slot).sort()).toEqual([0, 1, 2]);
    expect(elections[2]?.clusterId).toBe("c1");
  });

  test("have the names from before the election", () => {
    const run = readyRun();
    expect(run.world.hosts?.term).toBe(1);
    const [first] = reconcile(run, asTold(run, SPLIT)).status.elections;
    const names = run.world.hosts?.names.map((n) => [n.slot, `demo-${n.index}`]).sort();
    expect(first?.members.map((m) => [m.slot, m.name]).sort()).toEqual(names);
  });

  test("have them also when the new leader's table is there first", () => {
    const run = readyRun();
    const telling = asTold(run, SPLIT);
    const before = run.world.hosts;
    if (before === null) throw new Error("there is no table");
    const index = (slot: number) => before.names.find((n) => n.slot === slot)?.index ?? 0;
    const [old, successor] = [0, 1];
    const swap = new Map([
      [old, index(successor)],
      [successor, index(old)],
    ]);
    const names = before.names.map((n) => ({ ...n, index: swap.get(n.slot) ?? n.index }));
    run.world.hosts = { ...before, term: 4, leaderSlot: successor, names };
    const { elections } = reconcile(run, telling).status;
    const named = elections.at(-1)?.members.map((m) => [m.slot, m.name]);
    expect(named?.sort()).toEqual([0, 1, 2].map((slot) => [slot, `demo-${index(slot)}`]));
  });

  test("outlive their witnesses, and keep the slots of members that are gone", () => {
    const run = readyRun();
    const { elections } = reconcile(run, asTold(run, SPLIT)).status;
    run.world.loseVolume(0);
    run.untilReady();
    expect(reconcile(run, {}).status.elections).toEqual(elections);
  });

  test("change neither memory nor events when they are told again", () => {
    const run = readyRun();
    const telling = asTold(run, THREE);
    const first = reconcile(run, telling);
    expect(told(run)).toHaveLength(7);
    for (let i = 0; i < 3; i++) expect(reconcile(run, telling).memory).toBe(first.memory);
  });

  test("are the same whichever member is heard first", () => {
    const [some, others] = [
      [0, 1, 2],
      [2, 1, 0],
    ].map((slots) => {
      const run = readyRun();
      const telling = asTold(run, SPLIT);
      const heard = slots.map((_, i) => slots.slice(0, i + 1));
      for (const now of heard)
        reconcile(run, Object.fromEntries(now.map((s) => [s, telling[s] ?? []])));
      return { run, elections: run.memory.elections };
    });
    const facts = some?.elections.map((e) => [e.term, e.startedAt, e.durationMs, e.votes.length]);
    expect(
      others?.elections.map((e) => [e.term, e.startedAt, e.durationMs, e.votes.length]),
    ).toEqual(facts);
    expect(others && told(others.run)).toHaveLength(4);
    expect(some && told(some.run)).toHaveLength(4);
  });

  test("are no more than ten, the newest ones", () => {
    const run = readyRun();
    const [record] = asTold(run, SPLIT)[1] ?? [];
    const many = Array.from({ length: 25 }, (_, i) => ({
      ...(record as ElectionRecord),
      term: i + 2,
    }));
    for (let i = 0; i < 25; i += 5) reconcile(run, { 1: many.slice(i, i + 5) });
    const terms = reconcile(run, { 0: many.slice(0, 10) }).status.elections.map((e) => e.term);
    expect(terms).toEqual([17, 18, 19, 20, 21, 22, 23, 24, 25, 26]);
    expect(told(run)).toHaveLength(25);
  });
});

test("elections that an earlier version remembered otherwise are forgotten", () => {
  const run = readyRun();
  reconcile(run, asTold(run, SPLIT));
  const { elections } = run.memory;
  const { learned: _, ...old } = elections[0] as Election;
  const stored = { ...run.memory, elections: [old as Election, ...elections.slice(1)] };
  expect(completeMemory(stored).elections).toEqual(elections.slice(1));
});

describe("an election in which nobody stands yet", () => {
  const telling = (run: PlannerRun): Telling => {
    const [, split] = asTold(run, SPLIT)[1] ?? [];
    const bare = { candidates: [], votes: [], preVotes: [] };
    return { 1: [{ ...(split as ElectionRecord), ...bare }] };
  };

  test("is told as a lost leader, once, and is in the status", () => {
    const run = readyRun();
    reconcile(run, telling(run));
    const { status } = reconcile(run, telling(run));
    expect(status.elections).toMatchObject([{ term: 3, leaderId: null }]);
    expect(run.memory.events.filter((e) => e.reason === "LeaderLost")).toMatchObject([
      { count: 1 },
    ]);
    reconcile(run, asTold(run, SPLIT));
    expect(run.memory.events.filter((e) => e.reason === "LeaderLost")).toMatchObject([
      { count: 1 },
    ]);
  });

  test("leaves nothing in the status when it came to nothing", () => {
    const run = readyRun();
    reconcile(run, telling(run));
    expect(reconcile(run, {}).status.elections).toEqual([]);
  });

  test("leaves nothing when somebody stood in another term", () => {
    const run = readyRun();
    const pending = telling(run)[1] ?? [];
    const [, , won] = asTold(run, SPLIT)[1] ?? [];
    const next = reconcile(run, { 0: pending, 1: [won as ElectionRecord] });
    expect(next.status.elections.map((e) => e.term)).toEqual([4]);
  });
});

test("terms of a cluster that was begun anew do not mix with the former one's", () => {
  const run = readyRun();
  reconcile(run, asTold(run, SPLIT));
  const renamed = run.memory.elections.map((e) => ({ ...e, clusterId: "c0" }));
  run.memory = { ...run.memory, elections: renamed };
  const { elections } = reconcile(run, asTold(run, THREE)).status;
  expect(elections.map((e) => `${e.clusterId} ${e.term}`)).toEqual([
    ...["c0 2", "c0 3", "c0 4"],
    ...["c1 2", "c1 3", "c1 4", "c1 5", "c1 6"],
  ]);
});
