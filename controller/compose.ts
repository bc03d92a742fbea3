/**
 * The composition root: the one place where adapters are made and joined. Everything that is
 * started is on one list, and is stopped in the opposite order whatever happens.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pid as ownPid } from "node:process";
import { connectAgent } from "./agents/agent-http.ts";
import { apiOperations, databasesOf } from "./api-operations.ts";
import { createMetrics, type Metrics } from "./api/metrics/metrics.ts";
import { type ApiServer, startApiServer } from "./api/server.ts";
import { ClusterCertificates } from "./certificates/certificates.ts";
import { newSecrets } from "./certificates/new-secrets.ts";
import { ControllerCore } from "./core.ts";
import type { CorePorts } from "./core-ports.ts";
import { connectDocker } from "./docker/connect.ts";
import type Docker from "dockerode";
import { DockerEvents } from "./docker/events.ts";
import { memberClient } from "./etcd/member-client.ts";
import { PublishedStore } from "./loop/published.ts";
import { placeOfSocket } from "./mesos/http/master-address.ts";
import { startMesosLocal, type TcpDoor } from "./mesos-local/main.ts";
import type { TcpDoorOptions } from "./mesos-local/options.ts";
import { type MesosTarget, targetText, transportOf } from "./mesos/target.ts";
import { ZooKeeperMasters } from "./mesos/zookeeper-masters.ts";
import { OperationError } from "./model/errors.ts";
import { clusterKey, LABELS } from "./model/ids.ts";
import type { Logger, PublishedClusters } from "./model/ports.ts";
import { JupyterProxy } from "./proxy/jupyter-proxy.ts";
import { SpecWatcher } from "./spec-files/spec-watcher.ts";
import { type OpenedState, openState } from "./store/open-state.ts";
import type { Term } from "./store/state-backend.ts";
import type { StateTarget } from "./store/state-target.ts";
import { thisController } from "./store/this-controller.ts";
import { systemClock } from "./support/clock.ts";
import { type HostPort, hostPortText } from "./support/host-port.ts";
import { thisUser } from "./support/users.ts";
import { RELEASE } from "./model/release.ts";
import { hostDirectories } from "../crd-schema/storage/table.ts";

export interface ControllerOptions {
  readonly stateDir: string;
  readonly state: StateTarget;
  readonly leaseSeconds: number;
  /** Spec file, or directory of them. */
  readonly spec: string;
  readonly mesos: MesosTarget;
  /** Who we are to the masters. */
  readonly framework: CorePorts["mesos"]["framework"];
  /** A framework that the masters have removed is replaced by another one. */
  readonly replacesRemoved: boolean;
  /** Where frameworks of other programs come to the embedded master; null: they can't. */
  readonly mesosLocalTcp: TcpDoorOptions | null;
  readonly api: HostPort;
  /** Image of clusters whose spec names none. */
  readonly agentImage: string;
  readonly log: Logger;
}

export interface RunningController {
  readonly apiUrl: string;
  readonly published: PublishedClusters;
  /** What the embedded master has opened for other frameworks. */
  readonly mesosLocalTcp: TcpDoor | null;
  /** Leaves the containers running. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended: null after `stop`, or why it could not go on. */
  readonly finished: Promise<OperationError | null>;
}

interface ServeParts {
  readonly published: PublishedStore;
  readonly metrics: Metrics;
  readonly stop: () => Promise<void>;
}

type Closer = () => Promise<void> | void;

/**
 * Starts the controller and returns as soon as it works; Ready comes later.
 *
 * @throws OperationError ERR_STATE_LOCKED, ERR_STATE_CORRUPT, ERR_ADDRESS_IN_USE,
 *   ERR_SPEC_MISSING; nothing is left running then
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const closers: Closer[] = [];
  let resolveEnd: (error: OperationError | null) => void = () => {};
  const finished = new Promise<OperationError | null>((resolve) => {
    resolveEnd = resolve;
  });
  let stopping: Promise<void> | null = null;
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        // The others, the lock of the state directory among them, are released all the same.
        options.log.error({ err: error }, "a part did not stop in order");
      }
    }
  };
  const stop = () => {
    stopping ??= closeAll().finally(() => resolveEnd(null));
    return stopping;
  };
  try {
    const published = new PublishedStore({ lastResourceVersion: systemClock.now() });
    const { core, api, mesosLocalTcp } = await start(options, published, closers, stop);
    void core.scheduler.fatal.then(resolveEnd);
    return { apiUrl: api.url, published, mesosLocalTcp, stop, finished };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  options: ControllerOptions,
  published: PublishedStore,
  closers: Closer[],
  stop: () => Promise<void>,
): Promise<{ core: ControllerCore; api: ApiServer } & Pick<RunningController, "mesosLocalTcp">> {
  const { log } = options;
  const { state, term } = await beginTerm(options, closers);
  const docker = connectDocker();
  const { tcp, ...masters } = await findMasters(options, state.directory, closers, () =>
    hostPathsOf(core),
  );
  const metrics = createMetrics({
    published,
    proxies: () => core.proxies.stats(),
    databases: () => databasesOf(core),
    version: RELEASE,
  });
  closers.push(() => metrics.close());
  const core = new ControllerCore(
    {
      clock: systemClock,
      random: Math.random,
      log,
      metrics: metrics.reconcile,
      identities: { uid: randomUUID, secrets: newSecrets },
      publisher: published,
      state: term.state,
      snapshots: state.snapshots,
      mesos: {
        ...masters,
        framework: options.framework,
        replacesRemoved: options.replacesRemoved,
        ...(options.mesos.kind === "local" ? {} : transportOf(options.mesos)),
      },
      certificates: new ClusterCertificates(systemClock),
      connectMember: memberClient,
      connectAgent,
      docker: options.mesos.kind === "local" ? docker : null,
      createdBy: `${thisUser()}, ${state.directory}`,
      newProxy: (wanted) => new JupyterProxy(wanted),
      interposed: null,
    },
    options.agentImage,
  );
  closers.push(() => core.stop());
  // Whoever is told that it serves may rely on the address: it is taken before anything is done.
  const api = await serve(options, state, core, { published, metrics, stop });
  closers.push(() => api.close());
  const watcher = new SpecWatcher({
    path: options.spec,
    clock: systemClock,
    log,
    onSnapshot: (snapshot) => core.loop.read(snapshot),
  });
  closers.push(() => watcher.stop());
  await watcher.start();
  core.start();
  closers.push(watchContainers(core, docker, log));
  return { core, api, mesosLocalTcp: tcp };
}

async function beginTerm(
  options: ControllerOptions,
  closers: Closer[],
): Promise<{ state: OpenedState; term: Term }> {
  const masters = targetText(options.mesos);
  const target = options.state;
  const state = await openState({ ...options, target, masters, waits: false, clock: systemClock });
  closers.push(() => state.backend.close());
  const me = thisController(`http://${hostPortText(options.api)}`);
  const term = await state.backend.campaign(me, new AbortController().signal);
  closers.push(() => term.resign());
  return { state, term };
}

function serve(
  { api, mesos, log }: ControllerOptions,
  state: OpenedState,
  core: ControllerCore,
  { published, metrics, stop }: ServeParts,
): Promise<ApiServer> {
  const startedAt = new Date().toISOString();
  const process = { pid: ownPid, user: thisUser(), stateDirectory: state.directory };
  const shutDown = async (teardown: boolean) => {
    try {
      if (teardown) await core.teardown();
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      // Whoever asked removes what is left; the controller ends all the same.
      log.error({ err: error }, "the framework could not be torn down");
    }
    await stop();
  };
  return startApiServer({
    ...api,
    published,
    info: () => {
      const { master, frameworkId, registered } = core.mesosInfo();
      const where = mesos.kind === "local" ? "local" : (master ?? targetText(mesos));
      return {
        version: RELEASE,
        startedAt,
        process,
        mesos: { master: where, frameworkId, registered },
      };
    },
    health: {
      live: [{ name: "loop", check: () => null }],
      ready: [
        { name: "mesos", check: () => core.mesosProblem() },
        { name: "state", check: () => core.loop.stateProblem() },
      ],
    },
    metrics: metrics.registry,
    controlToken: state.controlToken,
    operations: apiOperations(core, (teardown) => void shutDown(teardown)),
    log,
  });
}

/** A container's end wakes its cluster's loop; what is true of it is read elsewhere. */
function watchContainers(core: ControllerCore, docker: Docker, log: Logger): Closer {
  const events = new DockerEvents({
    docker,
    clock: systemClock,
    log,
    onEvent: ({ labels }) => {
      const namespace = labels[LABELS.namespace];
      const name = labels[LABELS.cluster];
      if (namespace && name) core.loop.wake(clusterKey({ namespace, name }));
    },
    onState: (connected) => {
      if (connected) core.loop.wakeAll();
    },
  });
  events.start();
  return () => events.stop();
}

interface FoundMasters extends Pick<CorePorts["mesos"], "masters" | "detector"> {
  readonly tcp: TcpDoor | null;
}

/** The embedded master is started here; others run somewhere else. */
async function findMasters(
  { mesos, mesosLocalTcp, log }: ControllerOptions,
  stateDir: string,
  closers: Closer[],
  hostPaths: () => readonly string[],
): Promise<FoundMasters> {
  if (mesos.kind === "masters") return { masters: mesos.addresses, tcp: null };
  if (mesos.kind === "zookeeper") {
    const detector = new ZooKeeperMasters({
      target: mesos,
      clock: systemClock,
      log,
      random: Math.random,
    });
    closers.push(() => detector.close());
    detector.start();
    return { masters: [], detector, tcp: null };
  }
  const local = await startMesosLocal({
    ...(mesosLocalTcp === null ? {} : { tcp: mesosLocalTcp }),
    hostPaths,
    stateDir: join(stateDir, "mesos-local"),
    clock: systemClock,
    log,
  });
  closers.push(() => local.stop());
  return { masters: [placeOfSocket(local.socketPath)], tcp: local.tcp };
}

/** The directories of this host that the specs in force name; nothing else of it is mounted. */
function hostPathsOf(core: ControllerCore): readonly string[] {
  return [...core.memories().values()].flatMap(({ cluster }) =>
    hostDirectories(cluster.spec.storage.shared),
  );
}
