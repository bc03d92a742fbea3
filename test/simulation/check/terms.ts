/**
 * Several controllers on one store: only the one that the store names does anything, its memory never
 * goes back, and somebody acts as soon as it is possible.
 */
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ControllerProcess } from "../controller/process.ts";
import { LEASE_SECONDS, SiteController } from "../controller/site-controller.ts";
import { STORE, type StoredEvent } from "../store/site-store.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";

const SAMPLE_MS = 250;
/** Since it was possible, or somebody last acted. */
const ACTS_WITHIN_MS = LEASE_SECONDS * 1_000 + 2_000;

export class Terms {
  private actedAt: number;
  /** Those that ran at the last look, and those of them that were not stopped. */
  private before: readonly ReadonlySet<ControllerProcess>[] = [];
  /** Cluster's uid and slot -> the number of the highest launch that left. */
  private readonly launched = new Map<string, number>();
  /** Who acted at the last write. */
  private wrote: string | null = null;
  private possibleSince: number | null = null;

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
  ) {
    this.actedAt = world.now();
  }

  /** Begins to look at who acts. */
  start(): void {
    if (this.world.store !== null) this.sample();
  }

  onLeaving(controller: ControllerProcess, what: string): void {
    const acting = this.nameOf(this.world.store?.acting() ?? null);
    if (acting === controller.name) return;
    const who = acting ?? "nobody";
    this.findings.add("two controllers act", `${what} leaves ${controller.name}, ${who} acts`);
  }

  onStored({ by, acting, keys, before, after }: StoredEvent): void {
    const named = this.nameOf(acting);
    if (named !== this.wrote) this.world.trace.add("controller", "acts", named);
    this.wrote = named;
    if (named !== by) {
      const who = named ?? "nobody";
      this.findings.add("former term writes", `${by} wrote ${keys.join(", ")}, ${who} acts`);
    }
    for (const [key, memory] of after) {
      const known = before.get(key);
      const what = known === undefined ? null : this.whatWentBack(known, memory);
      if (what !== null) this.findings.add("memory went back", `${key}: ${what}`);
    }
  }

  /** A launch that certainly never left is taken back, and its number with it. */
  onAction(action: Action, { uid }: ClusterMemory): void {
    if (action.type !== "LaunchTasks") return;
    for (const { task_id } of action.tasks) {
      const [, slot, number] = /\.(\d+)\.(\d+)$/.exec(task_id.value) ?? [];
      const key = `${uid} ${slot}`;
      this.launched.set(key, Math.max(Number(number), this.launched.get(key) ?? 0));
    }
  }

  private sample(): void {
    const now = this.world.now();
    const { running } = this.world;
    const seen = [new Set(running), new Set(running.filter((c) => !c.clock.paused))];
    // One that dies has its place in the queue for as long as the lease that it last renewed.
    const isFewer = this.before.some((set, i) => [...set].some((c) => !seen[i]?.has(c)));
    if (isFewer) this.possibleSince = null;
    this.before = seen;
    if (this.world.controllers.some((c) => c.acts && !c.clock.paused)) this.actedAt = now;
    if (!this.isPossible()) this.possibleSince = null;
    else this.possibleSince ??= now;
    const since = Math.max(this.actedAt, this.possibleSince ?? now);
    if (now - since > ACTS_WITHIN_MS) {
      this.findings.add("nobody acts", `for ${now - since} ms, though one could`);
    }
    this.world.scheduler.after(SAMPLE_MS, () => this.sample());
  }

  /** A controller runs, and it and the store reach each other in good weather. */
  private isPossible(): boolean {
    const { store, controllers, network } = this.world;
    if (store === null || store.hangs || !network.isCalm || this.world.disk.full) return false;
    return controllers.some(
      (c) => c.isRunning && !c.clock.paused && network.partitions.connects(c.name, STORE),
    );
  }

  private nameOf(id: string | null): string | null {
    const found = this.world.controllers.find((c) => c instanceof SiteController && c.id === id);
    return found?.name ?? null;
  }

  /** Of the same cluster; null: nothing. */
  private whatWentBack(before: ClusterMemory, after: ClusterMemory): string | null {
    if (before.uid !== after.uid) return null;
    const [epoch, was] = [after.recovery.epoch, before.recovery.epoch];
    if (epoch < was) return `the epoch of recoveries from ${was} to ${epoch}`;
    for (const { slot, launches } of after.slots) {
      const left = this.launched.get(`${after.uid} ${slot}`) ?? 0;
      if (launches < left) return `the launches of slot ${slot} to ${launches}, and ${left} left`;
    }
    return null;
  }
}
