/**
 * What one event costs the controller, and whether it costs anybody who has nothing to do with it.
 */
import type { ClusterKey } from "../../../controller/model/ids.ts";
import { cpuNowMs } from "./process-figures.ts";
import type { ScaleSite } from "./scale-site.ts";
import type { SiteEvent } from "./site-events.ts";

export interface EventCost {
  /** Of the cluster that it concerns. */
  readonly reconciles: number;
  /** Of all others, but for those that every cluster gets now and then. */
  readonly otherReconciles: number;
  /** To the state directory. */
  readonly writes: number;
  readonly mesosCalls: number;
  /** Virtual time until the cluster is Ready again; 0: it was all the time. */
  readonly toReadyMs: number;
  /** Of one core: all that happened meanwhile, but for the regular reconciles of others. */
  readonly cpuMs: number;
}

/** So long after an event everything that follows from it is over. Virtual milliseconds. */
const OVER_MS = 10_000;

export class EventMeter {
  private cpuMs = 0;
  private cluster: ClusterKey | null = null;
  /** Another cluster has its regular reconcile in this step, or every agent its beat. */
  private othersStep = false;
  private stepBegun = 0;

  constructor(private readonly site: ScaleSite) {
    site.onReconcile = ({ key, byEvent }) => {
      if (key !== this.cluster && !byEvent) this.othersStep = true;
    };
    site.onBeat = () => {
      this.othersStep = true;
    };
    site.afterStep = () => this.endStep();
  }

  /** @throws Error when the cluster is not Ready after it */
  async measure(event: SiteEvent, key: ClusterKey): Promise<EventCost> {
    const { work, disk, ready } = this.site.controller;
    const { mesos, scheduler } = this.site;
    work.reset();
    const [writes, calls, at] = [disk.writes, mesos.calls, scheduler.now()];
    this.begin();
    this.cluster = event.strike(this.site, key);
    const { cluster } = this;
    await this.site.pass(OVER_MS);
    const readySince = ready.get(cluster);
    if (readySince === undefined) throw new Error(`${cluster} is not Ready after: ${event.what}`);
    const reconciles = work.byEvent.get(cluster) ?? 0;
    const all = [...work.byEvent.values()].reduce((sum, n) => sum + n, 0);
    return {
      reconciles,
      otherReconciles: all - reconciles,
      writes: disk.writes - writes,
      mesosCalls: mesos.calls - calls,
      toReadyMs: Math.max(0, readySince - at),
      cpuMs: this.cpuMs,
    };
  }

  /** The site is measured no more. */
  stop(): void {
    this.site.onReconcile = () => undefined;
    this.site.onBeat = () => undefined;
    this.site.afterStep = () => undefined;
  }

  private begin(): void {
    this.cpuMs = 0;
    this.othersStep = false;
    this.stepBegun = cpuNowMs();
  }

  private endStep(): void {
    const now = cpuNowMs();
    if (!this.othersStep) this.cpuMs += now - this.stepBegun;
    this.othersStep = false;
    this.stepBegun = now;
  }
}
