/** The list of the planner's guards is kept up with its source. */
import { describe, expect, it } from "vitest";
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
