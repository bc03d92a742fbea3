/**
 * A controller that dies between any two of its side effects, each of them tried: what was on its
 * way to its disk got there, or did not. Every check of the simulator watches, and all ends well.
 */
import { describe, expect, it } from "vitest";
import { runWithCrash } from "../simulation/crashes/crash-run.ts";
import { SCENARIOS, scenarioOf } from "../simulation/crashes/scenarios.ts";

describe("a controller that dies before any one of its effects", () => {
  it.for(SCENARIOS)("while this happens: $name", { timeout: 300_000 }, async (scenario) => {
    const whole = await runWithCrash(scenario, null);
    expect(whole.findings).toEqual([]);
    expect(whole.effects).toBeGreaterThan(5);
    for (const writes of ["kept", "lost"] as const) {
      for (let beforeEffect = 1; beforeEffect <= whole.effects; beforeEffect++) {
        const outcome = await runWithCrash(scenario, { beforeEffect, writes });
        const where = { beforeEffect, writes };
        expect({ ...where, findings: outcome.findings }).toEqual({ ...where, findings: [] });
        expect({ ...where, crashed: outcome.crashed }).toEqual({ ...where, crashed: true });
      }
    }
    console.log(`${scenario.name}: ${2 * whole.effects} crashes`);
  });

  it("is found out when it acts before its intent is durable", async () => {
    const scenario = scenarioOf("formation");
    const found: string[] = [];
    for (let beforeEffect = 1; beforeEffect <= 40 && found.length === 0; beforeEffect++) {
      const crash = { beforeEffect, writes: "lost" } as const;
      const { findings } = await runWithCrash(scenario, crash, "lies");
      found.push(...findings.map((f) => f.check));
    }
    expect(found[0]).toBe("launched before it was stored");
  });
});
