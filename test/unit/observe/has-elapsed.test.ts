import { describe, expect, it } from "vitest";
import { hasElapsed } from "../../../controller/observe/has-elapsed.ts";

describe("five seconds since something was asked", () => {
  it.each([
    ["just now", 1_000, false],
    ["five seconds ago", 5_000, true],
    ["in the future, before the clock was set back", -3_600_000, true],
  ] as const)("%s: %i", (_when, agoMs, elapsed) => {
    const askedAt = 10_000_000;
    expect(hasElapsed(askedAt + agoMs, askedAt, 5_000)).toBe(elapsed);
  });
});
