/** What the whole controller says of the offers that it had, under faults. */
import { describe, expect, it } from "vitest";
import { clusterKey } from "../../../controller/model/ids.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

describe("the log of offers, after a run of the whole controller", () => {
  it("has every launch on the offer that it used, by the cluster whose it was", async () => {
    const { findings, world } = await runSeed({ seed: 6, seconds: 15, linesKept: 0 });
    expect(findings).toEqual([]);
    const keys = world.user.names().map((name) => clusterKey({ namespace: "default", name }));
    const records = world.controllers.flatMap(({ core }) => core.scheduler.offerLog.records());
    const used = records.filter(({ state }) => state === "Used");
    expect(used.length).toBeGreaterThan(0);
    for (const { decisions } of used) {
      const launching = decisions.filter(({ reason }) => reason === "Used");
      expect(launching.length).toBeGreaterThan(0);
      for (const { cluster } of launching) expect(keys).toContain(cluster);
    }
    const away = records.filter(({ state }) => state === "Declined");
    for (const { declinedForSeconds } of away) expect([5, 300]).toContain(declinedForSeconds);
  });
});
