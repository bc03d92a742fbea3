/** When a cluster is looked at again. */
import { describe, expect, it } from "vitest";
import { WorkQueue } from "../../../controller/loop/work-queue.ts";
import { PlanBuilder, RESYNC_MS } from "../../../controller/plan/plan-builder.ts";
import { T0 } from "../../support/planner/fixtures.ts";
import { readyRun } from "../../support/planner/run.ts";
import { until } from "../../support/poll.ts";

describe("a reconcile", () => {
  it("never asks for another at once", () => {
    const { memory, now } = readyRun();
    const builder = new PlanBuilder({ memory, now });
    builder.requeue(now - 1);
    builder.requeue(now);
    expect(builder.requeueAt).toBe(now + RESYNC_MS);
  });

  it("sees all that came in the same breath", async () => {
    const seen: number[] = [];
    let news = 0;
    const clock = { now: () => T0, after: () => () => undefined };
    const queue = new WorkQueue(clock, 1, async () => void seen.push(news));
    queue.add("lab");
    news = 2;
    await until("a reconcile", () => seen.length > 0);
    expect(seen).toEqual([2]);
  });
});
