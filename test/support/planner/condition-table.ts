/** The table test of a condition: a row for each situation, and at least one for each reason. */
import { describe, expect, it } from "vitest";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { ConditionStatus, ConditionType } from "../../../controller/model/resource.ts";
import type { Plan } from "../../../controller/plan/input.ts";
import { plan } from "../../../controller/plan/plan.ts";
import type { PlannerRun } from "./run.ts";

/** The plan made in the situation, and what the condition is then; the message word for word. */
export type ConditionRow<Reason extends string = string> = readonly [
  decide: () => Plan,
  status: ConditionStatus,
  reason: Reason,
  message: string,
];

/**
 * @param reasons all that the policy declares
 * @param rows by a sentence that tells the situation
 */
export function conditionTable<Reason extends string>(
  type: ConditionType,
  reasons: Readonly<Record<Reason, ConditionStatus>>,
  rows: Readonly<Record<string, ConditionRow>>,
): void {
  describe(type, () => {
    it.each(Object.entries(rows))("%s", (_sentence, [decide, status, reason, message]) => {
      const found = decide().status.conditions.find((c) => c.type === type);
      expect([found?.status, found?.reason, found?.message]).toEqual([status, reason, message]);
    });

    it("has a row for each of its reasons", () => {
      const asserted = new Set(Object.values(rows).map(([, , reason]) => reason));
      expect(Object.keys(reasons).filter((reason) => !asserted.has(reason))).toEqual([]);
    });
  });
}

/** One reconcile more to what the run has come to, with nothing of it carried out. */
export function decide({ memory, world, now }: PlannerRun, changes: Partial<Observed> = {}): Plan {
  const observed = { ...world.observed(), ...changes };
  return plan({ memory, observed, now, defaultImage: "image" });
}

export const SNAPSHOT: SnapshotInfo = {
  id: "20260101T000000000Z-r9",
  takenAt: "2026-01-01T00:00:00.000Z",
  revision: 9,
  keys: 3,
  sizeBytes: 20_480,
  sha256: "ab".repeat(32),
  clusterId: "c1",
};
