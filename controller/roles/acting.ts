/**
 * The part of a controller that acts: the embedded Mesos where it is ours, the framework's scheduler,
 * the loop and its jobs. It begins with a term, every effect of it asks for the term, and all of it is
 * closed when the term is over.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type Docker from "dockerode";
import { ClusterCertificates } from "../certificates/certificates.ts";
import { newSecrets } from "../certificates/new-secrets.ts";
import { connectAgent } from "../agents/agent-http.ts";
import { ControllerCore } from "../core.ts";
import type { CorePorts } from "../core-ports.ts";
import { connectDocker } from "../docker/connect.ts";
import { DockerEvents } from "../docker/events.ts";
import { memberClient } from "../etcd/member-client.ts";
import type { Metrics } from "../api/metrics/metrics.ts";
import { Deliverer } from "../webhook/delivery.ts";
import type { PublishedStore } from "../loop/published.ts";
import { placeOfSocket } from "../mesos/http/master-address.ts";
import { Transport } from "../mesos/http/transport.ts";
import { transportOf } from "../mesos/target.ts";
import { ZooKeeperMasters } from "../mesos/zookeeper-masters.ts";
import { startMesosLocal, type TcpDoor } from "../mesos-local/main.ts";
import type { OperationError } from "../model/errors.ts";
import { clusterKey, LABELS } from "../model/ids.ts";
import type { Logger } from "../model/ports.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import { JupyterProxy } from "../proxy/jupyter-proxy.ts";
import type { SnapshotStore } from "../store/snapshots/snapshot-store.ts";
import type { Term } from "../store/state-backend.ts";
import { monotonicMs, steadyClock, systemClock } from "../support/clock.ts";
import { thisUser } from "../support/users.ts";
import { hostDirectories, nodeMount, type SharedStorage } from "../../crd-schema/storage/table.ts";
import { Closers } from "./closers.ts";
import { fenced } from "./fence.ts";
import type { ControllerOptions } from "./options.ts";
import type { Serving } from "./serving.ts";
import { TermHerald } from "./term-herald.ts";
import { termPublisher } from "./term-publisher.ts";

/** What the process has in every role, and lends to the part that acts. */
export interface ProcessParts {
  readonly options: ControllerOptions;
  /** Absolute. */
  readonly stateDir: string;
  readonly serving: Serving;
  readonly published: PublishedStore;
  readonly metrics: Pick<Metrics, "reconcile" | "webhook">;
  readonly snapshots: SnapshotStore;
  /** What the spec files say now. */
  specs(): SpecSnapshot | null;
}

export interface Acting {
  readonly core: ControllerCore;
  /** What the embedded master has opened for other frameworks. */
  readonly mesosLocalTcp: TcpDoor | null;
  /** Resolves when trying on cannot help. */
  readonly fatal: Promise<OperationError>;
  /** Leaves the containers, and what serves users, running. Idempotent. */
  stop(): Promise<void>;
}

/** @throws OperationError; nothing is left running then */
export async function beginActing(term: Term, parts: ProcessParts): Promise<Acting> {
  const { options, stateDir, serving } = parts;
  const { log } = options;
  const closers = new Closers(log);
  try {
    const docker = connectDocker();
    const { tcp, ...masters } = await findMasters(options, stateDir, closers, () =>
      storagesOf(core),
    );
    const ports = fenced(corePorts(term, parts, masters, docker), term);
    const core = new ControllerCore(ports, options.agentImage, serving);
    closers.add(() => core.stop());
    const specs = parts.specs();
    if (specs !== null) core.loop.read(specs);
    core.start();
    const { clock, connectAgent: tell } = ports;
    const herald = new TermHerald({ serving, connectAgent: tell, clock, log });
    closers.add(() => herald.stop());
    herald.start();
    closers.add(watchContainers(core, docker, log));
    return {
      core,
      mesosLocalTcp: tcp,
      fatal: core.scheduler.fatal,
      stop: () => closers.closeAll(),
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

function corePorts(
  term: Term,
  { options, stateDir, published, metrics, snapshots }: ProcessParts,
  masters: Pick<CorePorts["mesos"], "masters" | "detector">,
  docker: Docker,
): CorePorts {
  const { mesos, framework, replacesRemoved, webhook, log } = options;
  const reached = mesos.kind === "local" ? {} : transportOf(mesos);
  return {
    clock: systemClock,
    random: Math.random,
    log,
    metrics: metrics.reconcile,
    identities: { uid: randomUUID, secrets: newSecrets },
    publisher: termPublisher(published, term),
    state: term.state,
    snapshots,
    mesos: {
      ...masters,
      framework,
      replacesRemoved,
      ...reached,
      transport: new Transport(reached),
    },
    certificates: new ClusterCertificates(systemClock),
    connectMember: memberClient,
    connectAgent,
    docker: mesos.kind === "local" ? docker : null,
    createdBy: `${thisUser()}, ${stateDir}`,
    newProxy: (wanted) => new JupyterProxy({ ...wanted, clock: steadyClock }),
    webhook:
      webhook === null
        ? null
        : {
            deliverer: new Deliverer(webhook, systemClock),
            counted: metrics.webhook,
            monotonicMs,
          },
    interposed: null,
  };
}

/** A container's end wakes its cluster's loop; what is true of it is read elsewhere. */
function watchContainers(core: ControllerCore, docker: Docker, log: Logger): () => Promise<void> {
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
  return async () => events.stop();
}

interface FoundMasters extends Pick<CorePorts["mesos"], "masters" | "detector"> {
  readonly tcp: TcpDoor | null;
}

/** The embedded master is started here; others run somewhere else. */
async function findMasters(
  { mesos, mesosLocalTcp, log }: ControllerOptions,
  stateDir: string,
  closers: Closers,
  storages: () => readonly SharedStorage[],
): Promise<FoundMasters> {
  if (mesos.kind === "masters") return { masters: mesos.addresses, tcp: null };
  if (mesos.kind === "zookeeper") {
    const detector = new ZooKeeperMasters({
      target: mesos,
      clock: systemClock,
      log,
      random: Math.random,
    });
    closers.add(() => detector.close());
    detector.start();
    return { masters: [], detector, tcp: null };
  }
  const local = await startMesosLocal({
    ...(mesosLocalTcp === null ? {} : { tcp: mesosLocalTcp }),
    hostPaths: () => storages().flatMap(hostDirectories),
    mounts: () => storages().some((shared) => nodeMount(shared) !== null),
    stateDir: join(stateDir, "mesos-local"),
    clock: systemClock,
    log,
  });
  closers.add(() => local.stop());
  return { masters: [placeOfSocket(local.socketPath)], tcp: local.tcp };
}

/** Those that the specs in force name: nothing else of this host is mounted, and nobody else mounts. */
function storagesOf(core: ControllerCore): readonly SharedStorage[] {
  return [...core.memories().values()].map(({ cluster }) => cluster.spec.storage.shared);
}
