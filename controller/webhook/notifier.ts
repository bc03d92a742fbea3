/**
 * Tells a webhook of each change of a condition: in order for each cluster, at least once, and never in the way
 * of what the controller does. What was delivered is remembered with the cluster, so that the next controller
 * goes on from there.
 */
import type { ConditionChange, WebhookOutcome } from "../model/condition-change.ts";
import { OperationError } from "../model/errors.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import { WorkQueue } from "../loop/work-queue.ts";
import type { Delivery, Outcome } from "./delivery.ts";

/** From its change on; then it is dropped. Milliseconds. */
export const DELIVERY_MS_MAX = 3600_000;
const RETRY: Backoff = { firstMs: 1_000, capMs: 300_000 };
/** Clusters of which something is delivered at the same time. */
const WORKERS = 4;
const NONE: Pending["begins"] = new Map();

export interface NotifierOptions {
  readonly deliverer: { attempt(delivery: Delivery): Promise<Outcome>; close(): Promise<void> };
  readonly clock: Clock;
  /** Milliseconds since some moment; never set. */
  readonly monotonicMs: () => number;
  readonly log: Logger;
  /** `failed` is one attempt, to be followed by another; the others end a delivery, or `count` of them. */
  readonly counted: (outcome: WebhookOutcome, count: number) => void;
  /**
   * All up to this one are done with. Resolves when that is durable; asked once at a time for a cluster.
   *
   * @throws OperationError when the cluster is deleted before
   */
  readonly remember: (key: ClusterKey, sequence: number) => Promise<void>;
}

interface Pending {
  readonly uid: string;
  readonly changes: readonly ConditionChange[];
  /** By sequence, of those that are not done with: from when on each counts, by the time that nobody sets. */
  readonly begins: ReadonlyMap<number, number>;
  /** All up to this one are done with. */
  readonly done: number;
  /** Of the next one, in a row. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
}

export class Notifier {
  private readonly clusters = new Map<ClusterKey, Pending>();
  /** What the memory has to be told of; null: it is being told, and nothing came since. */
  private readonly remembering = new Map<ClusterKey, number | null>();
  private readonly queue: WorkQueue;
  private isGone = false;

  constructor(private readonly options: NotifierOptions) {
    this.queue = new WorkQueue(options.clock, WORKERS, (key) => this.deliverNext(key));
  }

  /** Called with each look at a cluster; returns at once. */
  look(memory: Pick<ClusterMemory, "uid" | "cluster" | "conditionChanges" | "notified">): void {
    const { uid, conditionChanges: changes, notified } = memory;
    const key = clusterKey(memory.cluster.metadata);
    const known = this.clusters.get(key);
    if (known?.uid === uid && known.changes === changes) return;
    const newest = changes.at(-1)?.sequence ?? 0;
    // What was before anybody was to be told is told to nobody.
    const done = known?.uid === uid ? known.done : (notified ?? newest);
    if (notified === null && known?.uid !== uid) this.remember(key, newest);
    const same = known?.uid === uid ? known : { attempts: 0, notBefore: 0, begins: NONE };
    const begins = this.begins(changes, done, same.begins);
    const { attempts, notBefore } = same;
    this.clusters.set(key, { uid, changes, begins, done, attempts, notBefore });
    if (newest > done) this.queue.add(key);
  }

  /** A clock that is set later makes none of them older. */
  private begins(
    changes: readonly ConditionChange[],
    done: number,
    before: Pending["begins"],
  ): Pending["begins"] {
    const { clock, monotonicMs } = this.options;
    const began = ({ sequence, at }: ConditionChange) =>
      before.get(sequence) ?? monotonicMs() - Math.max(0, clock.now() - at);
    const ahead = changes.filter(({ sequence }) => sequence > done);
    return new Map(ahead.map((change) => [change.sequence, began(change)]));
  }

  /** It is deleted, and with it what was to be told of it. */
  forget(key: ClusterKey): void {
    const { changes = [], done = 0 } = this.clusters.get(key) ?? {};
    this.tellDropped(key, changes.filter(({ sequence }) => sequence > done).length);
    this.queue.forget(key);
    this.clusters.delete(key);
    // Not of the one that may come under its name.
    if (this.remembering.has(key)) this.remembering.set(key, null);
  }

  /** What is not delivered is the next controller's. */
  async stop(): Promise<void> {
    const stopped = this.queue.stop();
    await this.options.deliverer.close();
    await stopped;
  }

  private async deliverNext(key: ClusterKey): Promise<void> {
    const pending = this.clusters.get(key);
    const change = pending?.changes.find(({ sequence }) => sequence > pending.done);
    if (pending === undefined || change === undefined) return;
    const { clock } = this.options;
    const waits = pending.notBefore - clock.now();
    // More than any pause is a clock that was set back.
    if (waits > 0 && waits <= RETRY.capMs) return this.queue.addAt(key, pending.notBefore);
    // More came than are kept.
    this.tellDropped(key, change.sequence - pending.done - 1);
    this.clusters.set(key, { ...pending, done: change.sequence - 1 });
    const outcome = await this.outcomeOf(key, pending, change);
    const now = this.clusters.get(key);
    // Deleted meanwhile, and maybe made anew.
    if (now?.uid !== pending.uid) return;
    this.options.counted(outcome, 1);
    if (outcome === "failed") {
      const attempts = pending.attempts + 1;
      const notBefore = clock.now() + delayAfter(RETRY, attempts);
      this.clusters.set(key, { ...now, attempts, notBefore });
      return this.queue.addAt(key, notBefore);
    }
    this.clusters.set(key, { ...now, done: change.sequence, attempts: 0, notBefore: 0 });
    this.remember(key, change.sequence);
    this.queue.add(key);
  }

  private async outcomeOf(
    key: ClusterKey,
    { uid, attempts, begins }: Pending,
    change: ConditionChange,
  ): Promise<WebhookOutcome> {
    const { monotonicMs, log, deliverer } = this.options;
    const facts = { cluster: key, condition: change.condition, sequence: change.sequence };
    if (this.isGone) return "gone";
    const begun = begins.get(change.sequence) ?? monotonicMs();
    if (monotonicMs() - begun >= DELIVERY_MS_MAX) {
      log.error({ ...facts, attempts }, "webhook delivery given up: too old");
      return "expired";
    }
    const [namespace = "", name = ""] = key.split("/");
    const id = `${uid}.${change.sequence}.${change.at}`;
    const outcome = await deliverer.attempt({ id, cluster: { namespace, name, uid }, change });
    if (outcome.is === "delivered") return outcome.is;
    const told = { ...facts, why: outcome.why };
    if (outcome.is === "failed") log.warn({ ...told, attempts: attempts + 1 }, "webhook failed");
    else log.error(told, "webhook delivery refused");
    if (outcome.is === "gone") {
      this.isGone = true;
      log.error(
        {},
        "webhook is gone (410): nothing is sent to it until the controller starts again",
      );
    }
    return outcome.is;
  }

  /** Never waited for: a memory that cannot be stored holds no delivery up. */
  private remember(key: ClusterKey, sequence: number): void {
    const isUnderWay = this.remembering.has(key);
    this.remembering.set(key, sequence);
    if (!isUnderWay) void this.rememberAll(key);
  }

  private async rememberAll(key: ClusterKey): Promise<void> {
    for (;;) {
      const sequence = this.remembering.get(key) ?? null;
      if (sequence === null) break;
      this.remembering.set(key, null);
      await this.rememberOne(key, sequence);
    }
    this.remembering.delete(key);
  }

  private async rememberOne(key: ClusterKey, sequence: number): Promise<void> {
    try {
      await this.options.remember(key, sequence);
    } catch (error) {
      // Of a cluster that is gone nothing is kept.
      if (!(error instanceof OperationError)) throw error;
    }
  }

  private tellDropped(cluster: ClusterKey, dropped: number): void {
    if (dropped === 0) return;
    this.options.log.error({ cluster, dropped }, "webhook deliveries dropped");
    this.options.counted("dropped", dropped);
  }
}
