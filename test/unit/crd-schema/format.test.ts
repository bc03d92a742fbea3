import { describe, expect, it } from "vitest";
import { formatProblem, formatProblems } from "../../../crd-schema/format.ts";
import type { Problem } from "../../../crd-schema/spec.ts";

const PROBLEM: Problem = {
  severity: "error",
  file: "cluster.yaml",
  line: 2,
  column: 13,
  field: "spec.replicas",
  message: "Found the number 10; allowed: a whole number from 1 to 9.",
};

const HEAD =
  "cluster.yaml:2:13: error: spec.replicas: Found the number 10; allowed: a whole number from 1 to 9.";

function excerpt(text: string, change: Partial<Problem> = {}): string {
  return formatProblem({ ...PROBLEM, ...change }, { excerpt: true, textOf: () => text });
}

describe("a problem as text", () => {
  it("is one line that editors can jump to", () => {
    expect(formatProblem(PROBLEM)).toBe(HEAD);
  });

  it("of a whole file has no place, and of syntax no field", () => {
    const problem = { ...PROBLEM, line: null, column: null, field: "" };
    expect(formatProblem(problem)).toBe(
      "cluster.yaml: error: Found the number 10; allowed: a whole number from 1 to 9.",
    );
  });

  it("shows the line with a caret below the place", () => {
    expect(excerpt("spec:\r\n  replicas: 10\r\n")).toBe(
      `${HEAD}\n  |   replicas: 10\n  |             ^`,
    );
  });

  it("keeps tabs before the caret, so that it stands below the place", () => {
    expect(excerpt('{\n\t"replicas": 10\n}', { column: 14 }).split("\n").slice(1)).toEqual([
      '  | \t"replicas": 10',
      "  | \t            ^",
    ]);
  });

  it("shows a part of a very long line", () => {
    const [, line = "", caret = ""] = excerpt(`\n${"x".repeat(5000)}!`, { column: 5001 }).split(
      "\n",
    );
    expect(line.length).toBeLessThan(110);
    expect(line[caret.indexOf("^")]).toBe("!");
  });

  it("does not let control characters act on the terminal", () => {
    expect(excerpt("\n\u001b[2Jreplicas: 10\u0007", { column: 1 })).toContain(
      "  | \uFFFD[2Jreplicas: 10\uFFFD\n",
    );
  });

  it("never shows a key", () => {
    const secret = { field: "spec.ssh.authorizedKeys[0]" };
    expect(excerpt("\n- b3BlbnNzaC1rZXk", secret).split("\n")).toHaveLength(1);
    expect(excerpt("\n-----BEGIN OPENSSH PRIVATE KEY-----").split("\n")).toHaveLength(1);
  });

  it("of a file that has changed since has no excerpt", () => {
    expect(excerpt("one line")).toBe(HEAD);
    expect(formatProblem(PROBLEM, { excerpt: true, textOf: () => undefined })).toBe(HEAD);
  });

  it("is painted by part", () => {
    const paint = (style: string, text: string) => `<${style}>${text}</>`;
    expect(formatProblems([{ ...PROBLEM, severity: "warning", field: "" }], { paint })).toBe(
      "<bold>cluster.yaml:2:13:</> <warning>warning:</> Found the number 10; allowed: a whole number from 1 to 9.\n",
    );
  });
});
