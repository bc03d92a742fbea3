/**
 * The reconciling loop: spec snapshots and events in, one bounded reconcile per cluster out. It
 * sees ports only, so the same code runs in production and in a simulator.
 *
 * A reconcile is one line: observe -> plan -> remember (durable) -> publish -> act. Nothing is done
 * on an event itself; an event only wakes the loop of its cluster.
 */
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { type ClusterKey, clusterKey, type OwnerUid } from "../model/ids.ts";
import { completeMemory } from "../model/complete-memory.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Asker } from "../model/operation.ts";
import type { RebalanceAction } from "../model/rebalance.ts";
import { resume } from "../model/resumed.ts";
import type { RestoreRequest } from "../model/snapshot.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import type { Plan } from "../plan/input.ts";
import { applyAdoption } from "../plan/apply-adoption.ts";
import { applyRebalance } from "../plan/apply-rebalance.ts";
import { applyRestore } from "../plan/apply-restore.ts";
import { newMemory } from "../plan/apply-spec.ts";
import { plan } from "../plan/plan.ts";
import { askForSnapshot } from "../plan/snapshots/asked-snapshot.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import { rollBackLaunchIntents } from "../plan/launch/roll-back-intents.ts";
import { type Failure, performAll } from "./perform.ts";
import type { LoopPorts } from "./ports.ts";
import { type AskedChange, type Change, deleted, Requests } from "./requests.ts";
import { SpecCache } from "./spec-cache.ts";
import { StatusPublisher } from "./status-publisher.ts";
import { type Decided, type Unstored, withdrawn } from "./unstored.ts";
import { WorkQueue } from "./work-queue.ts";

/** Clusters reconciled at the same time. */
const WORKERS = 4;
/** After a failed reconcile: the first retry, doubled each time up to the last. Milliseconds. */
const RETRY: Backoff = { firstMs: 50, capMs: 5_000 };
/** After what is expected to fail for a while, such as promoting a learner. Milliseconds. */
const AGAIN_MS = 50;

export class ControllerLoop {
  private readonly memories: Map<ClusterKey, ClusterMemory>;
  private readonly specs = new SpecCache();
  private readonly requests = new Requests();
  private readonly unstored = new Map<ClusterKey, Unstored>();
  private readonly failures = new Map<ClusterKey, { inARow: number; last: readonly Failure[] }>();
  private readonly queue: WorkQueue;
  private readonly statuses: StatusPublisher;

  /** @param remembered what the durable store holds */
  constructor(
    private readonly ports: LoopPorts,
    remembered: ReadonlyMap<ClusterKey, ClusterMemory>,
  ) {
    this.memories = new Map(
      [...remembered].map(([key, memory]) => [
        key,
        resume(completeMemory(memory), ports.clock.now()),
      ]),
    );
    this.statuses = new StatusPublisher(ports);
    this.queue = new WorkQueue(ports.clock, WORKERS, (key) => this.reconcileAndRetry(key));
  }

  /** Lets the reconciles in work end; nothing is undone. */
  async stop(): Promise<void> {
    await this.queue.stop();
  }

  /** Takes a new snapshot of all spec files, and wakes those for whom it says something new. */
  read(snapshot: SpecSnapshot): void {
    for (const cluster of snapshot.clusters.values()) this.adopt(cluster);
    for (const key of this.specs.put(snapshot, this.memories, this.ports.clock.now())) {
      this.wake(key);
    }
  }

  /**
   * Etcd of this cluster goes back to a snapshot, or begins empty. Resolves when the request is
   * durable; a later one takes the place of one that is not begun yet.
   */
  requestRestore(key: ClusterKey, requested: RestoreRequest, asker: Asker): Promise<void> {
    return this.request(key, (memory, now) => applyRestore(memory, requested, asker, now));
  }

  /** A snapshot is taken as soon as one can be. @returns its operation's number, when that is durable */
  async requestSnapshot(key: ClusterKey, asker: Asker): Promise<number> {
    let operation = 0;
    await this.request(key, (memory, now) => {
      const asked = askForSnapshot(memory, asker, now);
      operation = asked.number;
      return asked.memory;
    });
    return operation;
  }

  /** What these owners have left is this cluster's from now on. Resolves when that is durable. */
  requestAdoption(key: ClusterKey, owners: readonly OwnerUid[]): Promise<void> {
    return this.request(key, (memory, now) => applyAdoption(memory, owners, now));
  }

  /** Nodes move to better hosts, or move no more. Resolves when that is durable. */
  requestRebalance(key: ClusterKey, action: RebalanceAction, asker: Asker): Promise<void> {
    return this.request(key, (memory, now) => applyRebalance(memory, action, asker, now));
  }

  /** A webhook is done with all changes up to this one. */
  notified(key: ClusterKey, sequence: number): Promise<void> {
    return this.request(key, (memory) => ({
      ...memory,
      notified: Math.max(memory.notified ?? 0, sequence),
    }));
  }

  wake(key: ClusterKey): void {
    if (this.memories.has(key)) this.queue.add(key);
  }

  wakeAll(): void {
    for (const key of this.memories.keys()) this.queue.add(key);
  }

  remembered(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.memories;
  }

  /** Why a cluster's memory can't be stored now; null: every one is. */
  stateProblem(): string | null {
    const [first] = this.unstored.values();
    return first?.why ?? null;
  }

  private request(key: ClusterKey, apply: Change): Promise<void> {
    if (!this.memories.has(key)) return Promise.reject(deleted(key));
    const answered = this.requests.ask(key, apply);
    this.wake(key);
    return answered;
  }

  private adopt(cluster: CompiledCluster): void {
    const key = clusterKey(cluster.metadata);
    if (this.memories.has(key)) return;
    const { identities, clock } = this.ports;
    const identity = { uid: identities.uid(), secrets: identities.secrets() };
    this.memories.set(key, newMemory(cluster, identity, clock.now()));
  }

  private async reconcileAndRetry(key: ClusterKey): Promise<void> {
    const { clock, metrics } = this.ports;
    const begun = clock.now();
    const failed = await this.reconcile(key);
    metrics.reconciled(failed.length > 0 ? "error" : "success", (clock.now() - begun) / 1000);
    metrics.queueDepth(this.queue.depth);
    this.retryOrRest(key, failed);
  }

  /** Returns what failed; then the reconcile is repeated with backoff. */
  private async reconcile(key: ClusterKey): Promise<readonly Failure[]> {
    const before = this.memories.get(key);
    if (before === undefined) return [];
    const decided = this.unstored.get(key)?.unanswered ?? this.decideAll(key, before);
    const unsaved = await this.remember(key, before, decided.memory);
    if (unsaved !== null) {
      this.tellUnstored(key, before, unsaved, decided);
      return [unsaved];
    }
    this.specs.applied(key, decided.snapshot);
    this.requests.answer(key, decided.asked);
    // Stored is what was seen meanwhile; what is to be done about it is decided now.
    if (this.unstored.delete(key)) {
      this.memories.set(key, withdrawn(decided, before));
      return this.reconcile(key);
    }
    const keptBackUntil = this.statuses.publish(decided.memory, decided.status);
    this.ports.notify(decided.memory);
    this.ports.judged(key, decided.offers);
    if (decided.wantsOffers) this.ports.demand(key, true);
    const failed = await performAll(decided.actions, decided.memory, this.ports);
    // Only now: offers go back when nobody waits for any, and these launches were to take some.
    if (!decided.wantsOffers) this.ports.demand(key, false);
    const taskIds = failed.flatMap((f) => f.notLaunched ?? []);
    this.memories.set(key, rollBackLaunchIntents(decided.memory, taskIds));
    if (!decided.finished) {
      this.queue.addAt(key, Math.min(decided.requeueAt, keptBackUntil ?? Infinity));
      return failed;
    }
    const kept = await this.forget(key, decided.memory);
    if (kept === null) return failed;
    this.tellUnstored(key, decided.memory, kept, null);
    return [...failed, kept];
  }

  private decideAll(key: ClusterKey, before: ClusterMemory): Decided {
    const [asked, snapshot] = [this.requests.of(key), this.specs.newest];
    return { ...this.decide(key, before, asked), asked, snapshot };
  }

  private decide(key: ClusterKey, before: ClusterMemory, asked: readonly AskedChange[]): Plan {
    const { ports } = this;
    const now = ports.clock.now();
    const unstored = this.unstored.get(key);
    const read = this.specs.apply(key, unstored?.memory ?? before, now);
    const wanted = asked.reduce((memory, { apply }) => apply(memory, now), read);
    const lastErrors = (this.failures.get(key)?.last ?? []).map((f) => f.lastError);
    const memory = sameErrors(wanted, lastErrors) ? wanted : { ...wanted, lastErrors };
    const observed = ports.observe(key, memory);
    const storageFailure = unstored?.why;
    return plan({ memory, observed, now, defaultImage: ports.defaultImage, storageFailure });
  }

  /** Durable before any effect; when it cannot be, nothing is done and memory stays as it was. */
  private async remember(
    key: ClusterKey,
    before: ClusterMemory,
    next: ClusterMemory,
  ): Promise<Failure | null> {
    // One that could not be stored is tried again, changed or not.
    if (next === before && !this.unstored.has(key)) return null;
    const failure = await this.store(key, () => this.ports.store.save(key, next));
    if (failure === null) this.memories.set(key, next);
    return failure;
  }

  private async store(key: ClusterKey, write: () => Promise<void>): Promise<Failure | null> {
    try {
      await write();
      return null;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.ports.log.error({ cluster: key, err: error }, "memory cannot be stored");
      const observedAt = new Date(this.ports.clock.now()).toISOString();
      const { code, operation, message } = error;
      return { expected: false, lastError: { code, operation, message, observedAt } };
    }
  }

  /**
   * The status is the truth as known now, whether or not it can be stored: what was seen is
   * published, without the intents that nobody may act on.
   */
  private tellUnstored(
    key: ClusterKey,
    before: ClusterMemory,
    failure: Failure,
    decided: Decided | null,
  ): void {
    const { code, message: why } = failure.lastError;
    const unanswered = code === ERROR_CODES.STATE_UNREACHABLE ? decided : null;
    this.unstored.set(key, { memory: this.unstored.get(key)?.memory ?? before, why, unanswered });
    this.failures.set(key, { inARow: this.failures.get(key)?.inARow ?? 0, last: [failure] });
    // What people ask for is taken in when it can be kept.
    const { memory, status } = this.decide(key, before, []);
    this.unstored.set(key, { memory, why, unanswered });
    this.statuses.publish(memory, status);
    this.ports.notify(memory);
  }

  private retryOrRest(key: ClusterKey, failed: readonly Failure[]): void {
    const serious = failed.filter((f) => !f.expected);
    if (serious.length === 0) {
      // One more reconcile takes the errors, now gone, out of the status.
      if (this.failures.delete(key)) this.queue.add(key);
      else if (failed.length > 0) this.queue.addAt(key, this.ports.clock.now() + AGAIN_MS);
      return;
    }
    const inARow = (this.failures.get(key)?.inARow ?? 0) + 1;
    this.failures.set(key, { inARow, last: serious });
    this.queue.addAt(key, this.ports.clock.now() + delayAfter(RETRY, inARow));
  }

  /** A deleted cluster of which nothing runs any more. @returns why it is remembered still */
  private async forget(key: ClusterKey, memory: ClusterMemory): Promise<Failure | null> {
    await this.ports.release(key, memory);
    const failure = await this.store(key, () => this.ports.store.remove(key));
    if (failure !== null) return failure;
    this.memories.delete(key);
    this.failures.delete(key);
    this.unstored.delete(key);
    this.specs.forget(key);
    this.requests.forget(key);
    this.queue.forget(key);
    this.ports.publisher.remove(key);
    this.statuses.forget(key);
    this.ports.log.info({ cluster: key }, "cluster deleted");
    // Its file may have come back while it went.
    const again = this.specs.newest?.clusters.get(key);
    if (again === undefined) return null;
    this.adopt(again);
    this.queue.add(key);
    return null;
  }
}

/** The moment of an error that goes on is no change. */
function sameErrors(memory: ClusterMemory, errors: ClusterMemory["lastErrors"]): boolean {
  const text = (list: ClusterMemory["lastErrors"]) =>
    JSON.stringify(list.map(({ code, operation, message }) => [code, operation, message]));
  return text(memory.lastErrors) === text(errors);
}
