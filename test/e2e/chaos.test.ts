/**
 * A short, seeded part of `npm run chaos`: one fault of each sort that heals within seconds, and
 * whether every promise is kept while they come and after them.
 */
import { expect, inject, it } from "vitest";
import { cutOff } from "../chaos/faults/cut.ts";
import { fillDisk, loseData } from "../chaos/faults/data.ts";
import { breakSpec } from "../chaos/faults/edit.ts";
import { killAll, killController, killEtcd, killOne } from "../chaos/faults/kill.ts";
import { pauseContainer } from "../chaos/faults/stop.ts";
import { reportText } from "../chaos/report.ts";
import { runChaos } from "../chaos/run-chaos.ts";

const CATALOGUE = [
  ...[killOne, killAll, killEtcd, killController, pauseContainer],
  ...[cutOff, fillDisk, loseData, breakSpec],
];

it("keeps its promises for a minute of faults", async () => {
  const told: string[] = [];
  const report = await runChaos({
    seed: 4,
    minutes: 1,
    catalogue: CATALOGUE,
    name: "e2e-chaos-short",
    subnet: "172.31.66",
    image: inject("agentImage"),
    signal: new AbortController().signal,
    log: (line) => void told.push(line),
    logFile: null,
  });
  const kinds = CATALOGUE.map((fault) => fault.kind);
  const text = [...told, reportText(report, kinds)].join("\n");
  expect(report.violations, text).toEqual([]);
  expect(report.groups.length, text).toBeGreaterThan(4);
  expect(report.writer?.lost, text).toEqual([]);
  expect(report.writer?.acknowledged, text).toBeGreaterThan(1_000);
  expect(report.user.served, text).toBeGreaterThan(100);
});
