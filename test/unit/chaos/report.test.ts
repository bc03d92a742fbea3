import { describe, expect, it } from "vitest";
import { type GroupRecord, percentile, reportText, rowsOf } from "../../chaos/report.ts";

const group = (recoveryMs: number | null, ...faults: [string, string | null][]): GroupRecord => ({
  atSeconds: 0,
  recoveryMs,
  faults: faults.map(([kind, what]) => ({ kind, what })),
});

const GROUPS = [
  group(100, ["kill", "slot 1"]),
  group(300, ["kill", "slot 2"]),
  group(900, ["kill", "slot 1"], ["cut", null]),
  group(null, ["cut", "slot 0"]),
];

describe("rowsOf", () => {
  it("counts each kind, and takes times to Ready from faults that were done alone", () => {
    expect(rowsOf(GROUPS, ["kill", "cut", "edit"])).toEqual([
      { kind: "kill", count: 3, together: 1, missed: 0, recoveryMs: [100, 300] },
      { kind: "cut", count: 1, together: 0, missed: 1, recoveryMs: [] },
      { kind: "edit", count: 0, together: 0, missed: 0, recoveryMs: [] },
      { kind: "(several at the same time)", count: 1, together: 1, missed: 0, recoveryMs: [900] },
    ]);
  });
});

describe("percentile", () => {
  it.each([
    [[], 0.5, null],
    [[7], 0.5, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 3, 1, 2], 0.5, 2],
    [[4, 3, 1, 2], 0.99, 4],
    [Array.from({ length: 200 }, (_, i) => i + 1), 0.99, 198],
    [[4, 3, 1, 2], 1, 4],
  ])("of %j at %d is %s", (values, fraction, expected) => {
    expect(percentile(values, fraction)).toBe(expected);
  });
});

describe("reportText", () => {
  const writer = { acknowledged: 10, unknown: 2, unknownStored: 1, lost: [], longestGapMs: 50 };
  const user = { served: 9, failed: 0, excused: 3, longestHeldMs: 40, cells: 1 };
  const report = { seed: 1, minutes: 2, interrupted: false, groups: GROUPS, user };

  it("says that nothing was violated", () => {
    const full = { ...report, writer: { ...writer, reasons: {} }, violations: [] };
    const text = reportText(full, ["kill", "cut"]);
    expect(text).toContain("| kill ");
    expect(text).toContain("10 writes acknowledged, 0 of them lost");
    expect(text.split("\n").at(-1)).toBe("No violation.");
  });

  it("says what was violated, and that the writer did not get to verify", () => {
    const full = { ...report, writer: null, violations: ["faults: not Ready", "a lost write"] };
    const text = reportText(full, ["kill", "cut"]);
    expect(text).toContain("Writer: not verified.");
    expect(text).toContain("2 violations:\n- faults: not Ready\n- a lost write");
  });
});
