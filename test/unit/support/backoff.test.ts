import { expect, it } from "vitest";
import { delayAfter, jittered } from "../../../controller/support/backoff.ts";

it("grows with each attempt up to its cap", () => {
  const delays = (pace: Parameters<typeof delayAfter>[0]) =>
    [1, 2, 3, 4, 5, 10_000].map((attempts) => delayAfter(pace, attempts));
  expect(delays({ firstMs: 100, capMs: 1000 })).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(delays({ firstMs: 100, capMs: 300, growth: 1.5 })).toEqual([100, 150, 225, 300, 300, 300]);
});

it("is waited for by half at least when it is jittered", () => {
  expect([jittered(100, 0), jittered(100, 1)]).toEqual([50, 100]);
});
