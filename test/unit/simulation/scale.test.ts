/**
 * What one event costs does not grow with the clusters: counted, not timed. `npm run simulate --
 * --scale` tells the times.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { RESYNC_MS } from "../../../controller/plan/plan-builder.ts";
import { type EventCost, EventMeter } from "../../simulation/scale/event-meter.ts";
import { plotText } from "../../simulation/scale/plot.ts";
import { ScaleSite } from "../../simulation/scale/scale-site.ts";
import { SITE_EVENTS } from "../../simulation/scale/site-events.ts";

const FEW = 5;
const MANY = 50;
const NODES = 5;
const MINUTE_MS = 60_000;

interface Figures {
  readonly site: ScaleSite;
  readonly visitsFromNothing: number;
  readonly tasksSeenFromNothing: number;
  readonly events: ReadonlyMap<string, EventCost>;
}

async function figures(clusters: number): Promise<Figures> {
  const site = new ScaleSite({ clusters, nodes: NODES, agents: 40, racks: 8, seed: 1 });
  const { work } = site.controller;
  site.start();
  await site.untilReady(10 * MINUTE_MS);
  const [visitsFromNothing, tasksSeenFromNothing] = [work.reconciles, work.tasksSeen];
  await site.pass(MINUTE_MS);
  const meter = new EventMeter(site);
  const events = new Map<string, EventCost>();
  for (const event of SITE_EVENTS) {
    events.set(event.what, await meter.measure(event, "default/c0003"));
  }
  meter.stop();
  return { site, visitsFromNothing, tasksSeenFromNothing, events };
}

let few: Figures;
let many: Figures;

beforeAll(async () => {
  few = await figures(FEW);
  many = await figures(MANY);
}, 2 * MINUTE_MS);

function costs(what: string): readonly [EventCost, EventCost] {
  const [small, large] = [few.events.get(what), many.events.get(what)];
  if (small === undefined || large === undefined) throw new Error(`not measured: ${what}`);
  return [small, large];
}

describe.each(SITE_EVENTS.map(({ what }) => what))("when %s", (what) => {
  it("no cluster is reconciled that has nothing to do with it", () => {
    expect(costs(what).map((cost) => cost.otherReconciles)).toEqual([0, 0]);
  });

  it("the cluster is reconciled, and no more often among many than among few", () => {
    const [small, large] = costs(what);
    expect(small.reconciles).toBeGreaterThan(0);
    expect(large.reconciles).toBeLessThanOrEqual(small.reconciles * 1.5);
    expect(large.writes).toBeLessThanOrEqual(small.writes * 1.5);
    expect(large.mesosCalls).toBeLessThanOrEqual(small.mesosCalls * 1.5);
  });
});

describe("many clusters", () => {
  it("need hardly more reconciles each to become Ready than a few", () => {
    const each = few.visitsFromNothing / FEW;
    expect(many.visitsFromNothing / MANY).toBeLessThanOrEqual(each * 1.5);
  });

  it("are each shown their own tasks alone", () => {
    for (const { tasksSeenFromNothing, visitsFromNothing } of [few, many]) {
      expect(tasksSeenFromNothing / visitsFromNothing).toBeLessThanOrEqual(NODES);
    }
  });

  it("are reconciled at rest by their timers alone", async () => {
    const { site } = many;
    const { work } = site.controller;
    await site.pass(MINUTE_MS);
    work.reset();
    await site.pass(MINUTE_MS);
    const each = MINUTE_MS / RESYNC_MS;
    expect([work.reconciles, work.byEvent.size]).toEqual([each * site.keys.length, 0]);
  });

  it("that lose a rack become Ready again, and the others are left alone", async () => {
    const { site } = many;
    const { work, ready } = site.controller;
    work.reset();
    const lost = site.loseRack();
    expect(lost).toBeGreaterThan(0);
    await site.pass(1_000);
    expect(ready.size).toBe(site.keys.length - lost);
    await site.untilReady(10 * MINUTE_MS);
    expect(work.byEvent.size).toBe(lost);
    expect(site.violations()).toEqual([]);
  });
});

describe("the plot", () => {
  it("puts what grows with x on the diagonal, what does not on a level, and none over another", () => {
    const text = plotText(
      [
        { name: "grows", mark: "g", points: [1, 10, 100].map((x) => [x, x]) },
        { name: "flat", mark: "f", points: [1, 10, 100].map((x) => [x, 1]) },
      ],
      "clusters",
      "cost",
    );
    const rows = text.split("\n").filter((line) => line.includes("|"));
    const columns = (mark: string) =>
      rows.flatMap((row, y) => (row.includes(mark) ? [[row.indexOf(mark), y]] : []));
    const [[right = 0, top] = [], [middle] = [], [left = 0, bottom] = []] = columns("g");
    expect([top, bottom, middle]).toEqual([0, rows.length - 1, (left + right) / 2]);
    expect(rows.at(-1)).toMatch(/1 \|gf +f +f$/);
  });
});
