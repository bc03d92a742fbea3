/**
 * The composition root: what one controller process has in every role is made and joined here, and
 * kept going while the part that acts comes and goes (roles/).
 */
import { connectAgent } from "./agents/agent-http.ts";
import { databasesOf } from "./api-operations.ts";
import { createMetrics } from "./api/metrics/metrics.ts";
import { startApiServer } from "./api/server.ts";
import { PublishedStore } from "./loop/published.ts";
import { targetText } from "./mesos/target.ts";
import { OperationError } from "./model/errors.ts";
import { RELEASE } from "./model/release.ts";
import type { PublishedClusters } from "./model/ports.ts";
import type { SpecSnapshot } from "./model/spec-snapshot.ts";
import { NodeUsages } from "./node-usages.ts";
import { processApi } from "./process-api.ts";
import { enterTerm, managedPlace } from "./process-specs.ts";
import { JupyterProxy } from "./proxy/jupyter-proxy.ts";
import { beginActing } from "./roles/acting.ts";
import { Closers } from "./roles/closers.ts";
import type { ControllerOptions } from "./roles/options.ts";
import { RoleKeeper } from "./roles/role-keeper.ts";
import { Serving } from "./roles/serving.ts";
import { SiteSight } from "./roles/site-sight.ts";
import { StandingBy } from "./roles/standing-by.ts";
import { SpecWatcher } from "./spec-files/spec-watcher.ts";
import { type OpenedState, openState } from "./store/open-state.ts";
import { steadyClock, systemClock } from "./support/clock.ts";
import { requireUnlocked } from "./support/files/lock.ts";

export interface RunningController {
  readonly apiUrl: string;
  readonly published: PublishedClusters;
  readonly keeper: Pick<RoleKeeper, "role" | "acting">;
  readonly sight: Pick<SiteSight, "whoActs" | "onChange">;
  /** Leaves the containers running. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended: null after `stop`, or why it could not go on. */
  readonly finished: Promise<OperationError | null>;
}

/**
 * Starts the controller and returns as soon as it acts, or stands by; Ready comes later.
 *
 * @throws OperationError ERR_STATE_LOCKED, ERR_STATE_CORRUPT, ERR_ADDRESS_IN_USE,
 *   ERR_SPEC_MISSING; nothing is left running then
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { state: target, leaseSeconds, mesos, log } = options;
  // Where controllers of several hosts share the state, each of them may find another acting.
  const standsBy = options.standsBy || target.kind === "etcd";
  const closers = new Closers(log);
  try {
    const state = await openState({
      stateDir: options.stateDir,
      target,
      leaseSeconds,
      masters: targetText(mesos),
      waits: standsBy,
      clock: systemClock,
      log,
    });
    closers.add(() => state.backend.close());
    // Told before a port is found taken: it is the same controller that has both.
    if (!standsBy) await requireUnlocked(state.directory, "a controller");
    return await start({ ...options, standsBy }, state, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(
  options: ControllerOptions,
  state: OpenedState,
  closers: Closers,
): Promise<RunningController> {
  const { log, standsBy } = options;
  const published = new PublishedStore({ lastResourceVersion: systemClock.now() });
  const serving = newServing(options);
  closers.add(() => serving.close());
  const standingBy = new StandingBy({ serving, published, clock: systemClock, log });
  const usages = new NodeUsages((memory) => serving.candidates(memory));
  const metrics = createMetrics({
    published,
    proxies: () => serving.proxies.stats(),
    databases: () => databasesOf(keeper.memories(), (memory) => serving.candidates(memory)),
    usages: () => usages.now(keeper.memories()),
    isActing: () => keeper.acting !== null,
    version: RELEASE,
  });
  closers.add(() => metrics.close());
  const sight = new SiteSight(state.backend, (view) => standingBy.see(view));
  closers.add(() => sight.look(false));
  let specs: SpecSnapshot | null = null;
  const parts = {
    serving,
    published,
    metrics,
    snapshots: state.snapshots,
    options,
    stateDir: state.directory,
    specs: () => specs,
  };
  const keeper = new RoleKeeper({
    backend: state.backend,
    me: () => sight.me,
    standsBy,
    standingBy,
    beginActing: (term) => enterTerm(managed, term.state, watcher, () => beginActing(term, parts)),
    clock: systemClock,
    log,
    onRole: () => {
      sight.look(keeper.acting === null);
      sight.tell();
    },
  });
  const stop = () => closers.closeAll();
  // Whoever is told that it serves may rely on the address: it is taken before anything is done.
  const managed = managedPlace(options, state);
  const site = { options, state, keeper, serving, sight, published, usages, managed };
  const served = await processApi(site, () => watcher.readNow(), stop);
  const api = await startApiServer({ ...served, metrics: metrics.registry });
  closers.add(() => api.close());
  sight.answersAt(api.url);
  const watcher = new SpecWatcher({
    path: options.spec,
    managed,
    clock: systemClock,
    log,
    onSnapshot: (snapshot) => {
      specs = snapshot;
      keeper.acting?.core.loop.read(snapshot);
    },
  });
  closers.add(() => watcher.stop());
  await watcher.start();
  sight.look(standsBy);
  const { firstTerm, ended } = keeper.run();
  closers.add(() => keeper.stop());
  // One that may not stand by has to act before it counts as started.
  if (!standsBy) await Promise.race([firstTerm, ended]);
  return { apiUrl: api.url, published, keeper, sight, stop, finished: ended.catch(operatingError) };
}

function newServing({ log }: ControllerOptions): Serving {
  return new Serving({
    clock: systemClock,
    log,
    connectAgent,
    newProxy: (wanted) => new JupyterProxy({ ...wanted, clock: steadyClock }),
    interposed: null,
  });
}

function operatingError(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  throw error;
}
