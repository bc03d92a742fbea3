/**
 * What a controller does that does not act: it shows what the store holds, keeps the proxies at their
 * addresses and lets them follow the leaders. It changes nothing of any cluster.
 */
import type { PublishedStore } from "../loop/published.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import { completeMemory } from "../model/complete-memory.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { sameData } from "../model/same-data.ts";
import type { PublishedStatus, SiteView } from "../store/state-backend.ts";
import { ProxyPlaces } from "./proxy-places.ts";
import { agentTargets, type Serving } from "./serving.ts";

export interface StandingByOptions {
  readonly serving: Serving;
  readonly published: PublishedStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export class StandingBy {
  private known: ReadonlyMap<ClusterKey, ClusterMemory> = new Map();
  /** What was mirrored last, as it came. */
  private readonly mirrored = new Map<ClusterKey, PublishedStatus>();
  private readonly places: ProxyPlaces;
  private stands = false;

  constructor(private readonly options: StandingByOptions) {
    this.places = new ProxyPlaces(options);
  }

  memories(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.known;
  }

  /** @param known what this process knew as it ceased to act; left out: it never has */
  enter(known: ReadonlyMap<ClusterKey, ClusterMemory> = this.known): void {
    this.stands = true;
    this.known = known;
    this.options.serving.enter({ memories: () => this.known, changed: () => undefined });
    this.serve();
  }

  /** Somebody else knows better from now on. What is served goes on. */
  leave(): void {
    this.stands = false;
    this.mirrored.clear();
    this.places.stop();
  }

  /** The store holds this now. */
  see({ memories, published }: SiteView): void {
    if (!this.stands) return;
    const gone = [...this.known.keys()].filter((key) => !memories.has(key));
    this.known = new Map([...memories].map(([key, memory]) => [key, completeMemory(memory)]));
    for (const key of gone) void this.forget(key);
    this.serve();
    this.mirror(published);
  }

  private serve(): void {
    const { serving } = this.options;
    for (const [key, memory] of this.known) {
      serving.listen(key, agentTargets(memory));
      if (!memory.cluster.spec.suspend) this.places.keep(key, memory);
      serving.follow(memory);
    }
  }

  private mirror(statuses: readonly PublishedStatus[]): void {
    const { published } = this.options;
    const keys = new Set<ClusterKey>();
    for (const status of statuses) {
      const key = clusterKey(status.object.metadata);
      keys.add(key);
      const before = this.mirrored.get(key);
      this.mirrored.set(key, status);
      if (before === undefined || !sameData(before, status)) {
        published.mirror(status.object, status.events);
      }
    }
    for (const { metadata } of published.list()) {
      const key = clusterKey(metadata);
      if (keys.has(key) || this.known.has(key)) continue;
      this.mirrored.delete(key);
      published.remove(key);
    }
  }

  private async forget(key: ClusterKey): Promise<void> {
    await this.places.leave(key);
    await this.options.serving.forget(key);
  }
}
