/** What must be true of those who used the cluster meanwhile, whatever was tried with it. */
import { expect } from "vitest";
import { figure } from "./figures.ts";
import type { Load, LoadReport } from "./load.ts";

/**
 * Ends the load and says what it has seen. No acknowledged write is lost, and no slot had two containers.
 *
 * @param more figures of the test's own
 */
export async function endLoad(load: Load, test: string, more: object = {}): Promise<LoadReport> {
  const report = await load.stop();
  const { writer, failures, served, longestRequestMs, doubled } = report;
  figure(test, {
    ...more,
    ...{ acknowledged: writer.acknowledged, longestGapMs: writer.longestGapMs },
    ...{ served, longestRequestMs, failures: failures.length },
  });
  expect(writer.violations).toEqual([]);
  expect(doubled).toEqual([]);
  return report;
}
