/** One site of so many clusters: from nothing, at rest, under single events, without one rack. */
import type { ClusterKey } from "../../../controller/model/ids.ts";
import { type EventCost, EventMeter } from "./event-meter.ts";
import { cpuNowMs, heapMiB, residentMiB } from "./process-figures.ts";
import { type ScaleOptions, ScaleSite } from "./scale-site.ts";
import { SITE_EVENTS } from "./site-events.ts";

/** A stretch of a run. */
export interface Stretch {
  readonly virtualMs: number;
  /** Of one core, the simulated site's share in it. */
  readonly cpuMs: number;
  readonly reconciles: number;
  readonly failedReconciles: number;
  readonly launches: number;
  readonly writes: number;
}

export interface EventFigures {
  readonly what: string;
  readonly costs: readonly EventCost[];
}

export interface SizeFigures {
  readonly options: ScaleOptions;
  /** From the first reading of the spec files until every cluster is Ready. */
  readonly fromNothing: Stretch;
  readonly atRest: Stretch;
  /** With everything of the site's in it; beyond what the process had before. */
  readonly heapMiB: number;
  readonly residentMiB: number;
  readonly events: readonly EventFigures[];
  readonly rack: Stretch & {
    /** Containers that were lost with it. */
    readonly lost: number;
  };
  /** What must not be, a sentence each. */
  readonly violations: readonly string[];
}

/** Virtual milliseconds. */
const READY_MS_MAX = 30 * 60_000;
/** After the last cluster is Ready: offers go back, statuses are stored. */
const SETTLE_MS = 30_000;
const REST_MS = 60_000;
/** The loss is everywhere known after that. */
const LOSS_KNOWN_MS = 500;
/** Of each kind, each in another cluster if there are so many. */
const EVENTS_EACH = 10;

export async function measureSize(options: ScaleOptions): Promise<SizeFigures> {
  const heapBefore = await heapMiB();
  const site = new ScaleSite(options);
  const fromNothing = await stretch(site, async () => {
    site.start();
    await site.untilReady(READY_MS_MAX);
  });
  await site.pass(SETTLE_MS);
  const atRest = await stretch(site, () => site.pass(REST_MS));
  const heap = (await heapMiB()) - heapBefore;
  const resident = residentMiB();
  const events = await measureEvents(site);
  let lost = 0;
  const rack = await stretch(site, async () => {
    lost = site.loseRack();
    await site.pass(LOSS_KNOWN_MS);
    await site.untilReady(READY_MS_MAX);
  });
  return {
    options,
    fromNothing,
    atRest,
    heapMiB: heap,
    residentMiB: resident,
    events,
    rack: { ...rack, lost },
    violations: site.violations(),
  };
}

async function measureEvents(site: ScaleSite): Promise<readonly EventFigures[]> {
  const meter = new EventMeter(site);
  const { keys } = site;
  const figures: EventFigures[] = [];
  for (const event of SITE_EVENTS) {
    const costs: EventCost[] = [];
    for (let i = 0; i < EVENTS_EACH; i++) {
      costs.push(await meter.measure(event, spread(keys, i)));
    }
    figures.push({ what: event.what, costs });
  }
  meter.stop();
  return figures;
}

function spread(keys: readonly ClusterKey[], index: number): ClusterKey {
  const key = keys[Math.floor((index * keys.length) / EVENTS_EACH)];
  if (key === undefined) throw new Error("a site without clusters");
  return key;
}

async function stretch(site: ScaleSite, work: () => Promise<void>): Promise<Stretch> {
  const { scheduler, controller } = site;
  const counted = controller.work;
  counted.reset();
  const [at, cpu, writes] = [scheduler.now(), cpuNowMs(), controller.disk.writes];
  await work();
  return {
    virtualMs: scheduler.now() - at,
    cpuMs: cpuNowMs() - cpu,
    reconciles: counted.reconciles,
    failedReconciles: counted.failedReconciles,
    launches: counted.actions.get("LaunchTasks") ?? 0,
    writes: controller.disk.writes - writes,
  };
}
