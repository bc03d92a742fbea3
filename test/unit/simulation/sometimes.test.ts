/** Rare states are told apart, and a reconcile is one of those that it is one of. */
import { describe, expect, it } from "vitest";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import { type Moment, rareStates, SOMETIMES_NAMES } from "../../simulation/check/sometimes.ts";
import { sightOf } from "../../simulation/rules/sight.ts";
import { readyRun } from "../../support/planner/run.ts";

function momentOf(memory: ClusterMemory, observed: Observed, first = false): Moment {
  const sight = sightOf(memory, observed);
  return { before: memory, after: memory, observed, sight, actions: [], first };
}

describe("rare states", () => {
  const run = readyRun();
  const { memory } = run;

  it("are some sixty, each with a name of its own", () => {
    expect(new Set(SOMETIMES_NAMES).size).toBe(SOMETIMES_NAMES.length);
    expect(SOMETIMES_NAMES.length).toBeGreaterThanOrEqual(60);
  });

  it("are none of a cluster that is well", () => {
    expect(rareStates(momentOf(memory, run.world.observed()))).toEqual([]);
  });

  it("are told by what was seen and remembered", () => {
    const requested = { from: "nothing" } as const;
    const asked = { ...memory, recovery: { ...memory.recovery, requested } };
    const { cluster } = memory;
    const stopped = { ...cluster, spec: { ...cluster.spec, suspend: true } };
    const observed = { ...run.world.observed(), agents: new Map() };
    const states = rareStates(momentOf({ ...asked, cluster: stopped }, observed, true));
    expect(states).toEqual(
      expect.arrayContaining([
        "a restore is asked for while suspended",
        "a restore is asked for without a leader",
        "the controller starts while a restore is asked for",
        "every node is out of sight",
      ]),
    );
  });
});
