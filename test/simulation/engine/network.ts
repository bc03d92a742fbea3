/**
 * Messages between named nodes: each takes its time, and may be lost, held up, doubled, overtaken,
 * or stopped at a partition. All by chance from the seed, and all changeable while it runs.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "./rng.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface LinkConditions {
  readonly latencyMs: Range;
  /** Probabilities for each message. */
  readonly lossChance: number;
  readonly duplicateChance: number;
  /** Held up by `delayMs` on top of its latency; so is what follows it, unless that overtakes. */
  readonly delayChance: number;
  readonly delayMs: Range;
  /** Does not wait behind the earlier messages of its link. */
  readonly reorderChance: number;
}

export const CALM: LinkConditions = {
  latencyMs: { min: 1, max: 3 },
  lossChance: 0,
  duplicateChance: 0,
  delayChance: 0,
  delayMs: { min: 0, max: 0 },
  reorderChance: 0,
};

export interface MessageNetworkOptions {
  readonly conditions?: LinkConditions;
  /**
   * What is under way to a process dies with it (connections), as is the default. Without, it
   * reaches whoever bears the name when it arrives (datagrams).
   */
  readonly connections?: boolean;
}

interface Link {
  cut: boolean;
  /** When the latest message that keeps the order arrives. */
  lastArrival: number;
  conditions: LinkConditions | null;
}

interface Port<M> {
  readonly receive: (from: string, message: M) => void;
}

export class MessageNetwork<M> {
  /** Of every link that has none of its own. */
  conditions: LinkConditions;
  readonly counts = { sent: 0, delivered: 0, lost: 0, cut: 0, duplicated: 0, delayed: 0 };
  private readonly ports = new Map<string, Port<M>>();
  private readonly links = new Map<string, Map<string, Link>>();
  private readonly isolated = new Set<string>();
  private readonly connections: boolean;

  constructor(
    private readonly clock: Clock,
    private readonly rng: Rng,
    options: MessageNetworkOptions = {},
  ) {
    this.conditions = options.conditions ?? CALM;
    this.connections = options.connections ?? true;
  }

  /** @returns detaches it; a node of the same name may be attached afterwards */
  attach(name: string, receive: (from: string, message: M) => void): () => void {
    if (this.ports.has(name)) throw new Error(`${name} is attached already`);
    const port: Port<M> = { receive };
    this.ports.set(name, port);
    return () => {
      if (this.ports.get(name) === port) this.ports.delete(name);
    };
  }

  send(from: string, to: string, message: M): void {
    this.counts.sent += 1;
    if (this.isCut(from, to)) {
      this.counts.cut += 1;
      return;
    }
    const link = this.link(from, to);
    const conditions = link.conditions ?? this.conditions;
    if (this.rng.chance(conditions.lossChance)) {
      this.counts.lost += 1;
      return;
    }
    this.carry(from, to, message, link, conditions);
    if (this.rng.chance(conditions.duplicateChance)) {
      this.counts.duplicated += 1;
      this.carry(from, to, message, link, conditions);
    }
  }

  /** Conditions of one direction of one link; null for those of the network. */
  setLink(from: string, to: string, conditions: LinkConditions | null): void {
    this.link(from, to).conditions = conditions;
  }

  /** Nothing passes between the two, not even what is under way. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  cutOneWay(from: string, to: string): void {
    this.link(from, to).cut = true;
  }

  /** Both directions. */
  heal(a: string, b: string): void {
    this.link(a, b).cut = false;
    this.link(b, a).cut = false;
  }

  /** Cut off from everybody, whoever comes later included. */
  isolate(name: string): void {
    this.isolated.add(name);
  }

  rejoin(name: string): void {
    this.isolated.delete(name);
  }

  /** Only nodes of the same group reach one another; nodes of no group are unaffected. */
  partition(groups: readonly (readonly string[])[]): void {
    for (const [i, group] of groups.entries()) {
      for (const other of groups.slice(i + 1)) {
        for (const a of group) for (const b of other) this.cut(a, b);
      }
    }
  }

  /** Ends every cut, and every condition that differs from `conditions`. */
  healAll(conditions: LinkConditions = CALM): void {
    this.conditions = conditions;
    this.isolated.clear();
    for (const targets of this.links.values()) {
      for (const link of targets.values()) {
        link.cut = false;
        link.conditions = null;
      }
    }
  }

  isCut(from: string, to: string): boolean {
    if (from === to) return false;
    if (this.isolated.size > 0 && (this.isolated.has(from) || this.isolated.has(to))) return true;
    return this.links.get(from)?.get(to)?.cut ?? false;
  }

  private carry(
    from: string,
    to: string,
    message: M,
    link: Link,
    conditions: LinkConditions,
  ): void {
    const now = this.clock.now();
    let arrival = now + this.draw(conditions.latencyMs);
    if (this.rng.chance(conditions.delayChance)) {
      this.counts.delayed += 1;
      arrival += this.draw(conditions.delayMs);
    }
    if (!this.rng.chance(conditions.reorderChance)) {
      arrival = Math.max(arrival, link.lastArrival);
      link.lastArrival = arrival;
    }
    const port = this.connections ? this.ports.get(to) : undefined;
    this.clock.after(arrival - now, () => this.deliver(from, to, message, port));
  }

  private deliver(from: string, to: string, message: M, sentTo: Port<M> | undefined): void {
    const port = this.ports.get(to);
    if (this.isCut(from, to)) this.counts.cut += 1;
    else if (port === undefined || (this.connections && port !== sentTo)) this.counts.lost += 1;
    else {
      this.counts.delivered += 1;
      port.receive(from, message);
    }
  }

  private draw({ min, max }: Range): number {
    return min === max ? min : this.rng.integer(min, max);
  }

  private link(from: string, to: string): Link {
    let targets = this.links.get(from);
    if (targets === undefined) this.links.set(from, (targets = new Map<string, Link>()));
    let link = targets.get(to);
    if (link === undefined) {
      targets.set(to, (link = { cut: false, lastArrival: 0, conditions: null }));
    }
    return link;
  }
}
