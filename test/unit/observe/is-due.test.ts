import { describe, expect, it } from "vitest";
import { isDue } from "../../../controller/observe/is-due.ts";

describe("what is asked every five seconds", () => {
  it.each([
    ["was just asked", 1_000, false],
    ["was asked five seconds ago", 6_000, true],
    ["was asked in the future, before the clock was set back", -3_600_000, true],
  ] as const)("when it %s: %i", (_what, sinceThenMs, due) => {
    const askedAt = 10_000_000;
    expect(isDue(askedAt + sinceThenMs, askedAt, 5_000)).toBe(due);
  });
});
