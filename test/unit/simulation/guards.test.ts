/** The list of the planner's guards is kept up with its source. */
import { describe, expect, it } from "vitest";
import { isEnough } from "../../simulation/guards/guards-command.ts";
import { GUARDS } from "../../simulation/guards/guards.ts";
import { plannerSources, removalOf } from "../../simulation/guards/removal.ts";

describe("the planner's guards", () => {
  const sources = plannerSources();

  it.each(GUARDS)("$name is found once, and can be taken away", (guard) => {
    const { file, text } = removalOf(guard, sources);
    expect(text).not.toBe(sources.get(file));
  });

  it("have names of their own", () => {
    expect(new Set(GUARDS.map((g) => g.name)).size).toBe(GUARDS.length);
  });

  it("are missed by name when the source has them no more", () => {
    const [guard] = GUARDS;
    if (guard === undefined) throw new Error("there are no guards");
    expect(() => removalOf(guard, new Map([["plan.ts", "nothing"]]))).toThrow(
      `guard ${guard.name} (${guard.keeps}) is no longer found`,
    );
  });

  it("may be written in other lines than they are listed in", () => {
    const guard = { name: "a", keeps: "b", find: "if (a) return;", replacement: "" };
    const text = "x();\nif (a)\n  return;\n";
    expect(removalOf(guard, new Map([["plan.ts", text]])).text).toBe("x();\n\n");
  });
});

describe("the guards that were noticed", () => {
  const notice = { seed: 1, seconds: 1, what: "a rule" };
  const hunted = (count: number, of = GUARDS) =>
    of.map((guard, i) => ({ guard, explorer: null, simulator: i < count ? notice : null }));

  it.each([
    [21, true],
    [15, true],
    [14, false],
    [0, false],
  ])("are enough with %d of 21: %s", (count, enough) => {
    expect(GUARDS).toHaveLength(21);
    expect(isEnough(hunted(count))).toBe(enough);
  });

  it("must be all of those that were named", () => {
    expect(isEnough(hunted(2, GUARDS.slice(0, 2)))).toBe(true);
    expect(isEnough(hunted(1, GUARDS.slice(0, 2)))).toBe(false);
  });
});
