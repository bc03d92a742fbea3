import { expect, test } from "vitest";
import { age } from "../../../../controller/api/kubernetes/age.ts";

const SINCE = "2026-01-02T03:04:05Z";

test.each([
  [-5, "0s"],
  [0, "0s"],
  [119, "119s"],
  [120, "2m"],
  [310, "5m10s"],
  [600, "10m"],
  [3 * 3600 + 20 * 60, "3h20m"],
  [9 * 3600 + 20 * 60, "9h"],
  [3 * 86_400 + 3600, "3d1h"],
  [12 * 86_400 + 3600, "12d"],
])("%i seconds are %s", (seconds, text) => {
  expect(age(SINCE, Date.parse(SINCE) + seconds * 1000)).toBe(text);
});

test("of what is no time is not known", () => {
  expect(age("", 0)).toBe("<unknown>");
});
