import { describe, expect, test } from "vitest";
import { faultOfExpression, matchesWhole } from "../../../crd-schema/values/expression.ts";

describe("an expression of a spec", () => {
  test.each([
    ["rack-1", "rack-[12]", true],
    ["rack-12", "rack-[12]", false],
    ["a", "a|b", true],
    ["ab", "a|b", false],
    ["é", ".", true],
    ["", "", true],
    ["x\ny", "x.y", false],
  ])("matches the whole of %j against %s: %s", (text, expression, matches) => {
    expect(matchesWhole(text, expression)).toBe(matches);
  });

  // JavaScript's engine needs 2^40 steps and more for each of them.
  test.each(["(a+)+$", "(a|a)*b", "(.*)*(.*)*x", "((a*)*)*b", "(a|aa)+$", "([a-z]+)*1"])(
    "takes no time to speak of, whatever it says: %s",
    (expression) => {
      expect(matchesWhole(`${"a".repeat(5000)}!`, expression)).toBe(false);
    },
    5_000,
  );

  test.each([
    ["r[1", "missing closing ]"],
    ["(?=a)", "(?="],
    ["(a)\\1", "invalid escape"],
    ["a{1001}", "invalid repeat count"],
    ["*", "missing argument to repetition"],
  ])("is refused with the reason: %s", (expression, reason) => {
    expect(faultOfExpression(expression)).toContain(reason);
  });
});
