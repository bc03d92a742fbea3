/** The controller without its edges: loop, observers and actors, joined. */
import { randomBytes, randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { perform } from "./act/actor.ts";
import { EtcdClients } from "./act/etcd-clients.ts";
import { doJob, type SnapshotTargets } from "./act/job-work.ts";
import { Jobs } from "./act/jobs.ts";
import { StatusSink } from "./act/status-sink.ts";
import { AgentStreams } from "./agents/agent-streams.ts";
import { ControllerLoop } from "./loop/controller-loop.ts";
import type { LoopPorts, ReconcileMetrics } from "./loop/ports.ts";
import type { PublishedStore } from "./loop/published.ts";
import type { MesosScheduler } from "./mesos/scheduler.ts";
import { SharedFramework } from "./mesos/shared-framework.ts";
import type { FrameworkOptions } from "./mesos/framework-info.ts";
import { type LocalTarget, type MastersTarget, targetText, transportOf } from "./mesos/target.ts";
import type { Action } from "./model/action.ts";
import { type ClusterKey, clusterKey } from "./model/ids.ts";
import type { LeaderCandidate } from "./model/leader.ts";
import { type ClusterMemory, type ClusterSecrets, memoryOfTask } from "./model/memory.ts";
import { lastKnown, type ObservedTask } from "./model/observed.ts";
import type { Clock, Logger } from "./model/ports.ts";
import { ClusterObserver } from "./observe/cluster-observer.ts";
import { DockerFacts } from "./observe/docker-facts.ts";
import { SnapshotFacts } from "./observe/snapshot-facts.ts";
import { ProxyRegistry } from "./proxy/proxy-registry.ts";
import type { HostPort } from "./support/host-port.ts";
import type { StateDir } from "./store/state-dir.ts";
import type { CompiledCluster } from "../crd-schema/spec.ts";

const FRAMEWORK_NAME = "jupyter-cluster";
/** A week: for so long no controller may run before the master ends the tasks. Seconds. */
const FAILOVER_TIMEOUT_S = 7 * 24 * 3600;

export interface CoreOptions {
  readonly state: StateDir;
  readonly remembered: ReadonlyMap<ClusterKey, ClusterMemory>;
  readonly storedTasks: ReadonlyMap<string, ObservedTask>;
  readonly frameworkId: string | null;
  readonly masters: readonly HostPort[];
  /** What the user said of them. It is kept with the framework's id. */
  readonly mesos: LocalTarget | MastersTarget;
  readonly framework: Pick<FrameworkOptions, "role" | "principal">;
  readonly docker: Docker;
  readonly agentImage: string;
  readonly published: PublishedStore;
  readonly metrics: ReconcileMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ControllerCore {
  readonly loop: ControllerLoop;
  readonly scheduler: MesosScheduler;
  readonly snapshots: SnapshotTargets;
  readonly jobs: Jobs;
  private readonly streams: AgentStreams;
  private readonly proxies: ProxyRegistry;
  private readonly dockerFacts: DockerFacts;
  private readonly snapshotFacts: SnapshotFacts;
  private readonly mesos: SharedFramework;
  private readonly observer: ClusterObserver;
  private readonly etcd: EtcdClients;
  private readonly statuses: StatusSink;

  constructor(private readonly options: CoreOptions) {
    const { clock, log, docker, state, remembered } = options;
    const wake = (key: ClusterKey) => this.loop.wake(key);
    this.dockerFacts = new DockerFacts({ docker, clock, log, onChange: wake });
    this.proxies = new ProxyRegistry({ clock, log, onChange: wake });
    this.streams = new AgentStreams({ clock, log, onChange: (task) => this.agentChanged(task) });
    const snapshotsOf = (cluster: CompiledCluster) => state.snapshots.of(cluster);
    this.snapshotFacts = new SnapshotFacts({ snapshotsOf, clock, log, onChange: wake });
    const refresh = (cluster: CompiledCluster) => this.snapshotFacts.refresh(cluster);
    const snapshots = { of: snapshotsOf, refresh };
    this.snapshots = snapshots;
    this.jobs = new Jobs({
      work: (action, memory, signal) =>
        doJob(action, memory, { targets: snapshots, clock, signal }),
      onEnd: wake,
      clock,
      log,
    });
    this.mesos = this.newSharedFramework();
    this.scheduler = this.mesos.scheduler;
    this.observer = new ClusterObserver({
      mesos: this.mesos,
      streams: this.streams,
      docker: options.mesos.kind === "local" ? this.dockerFacts : null,
      snapshots: this.snapshotFacts,
      jobs: this.jobs,
      proxies: this.proxies,
      defaultImage: options.agentImage,
    });
    this.etcd = new EtcdClients(log, (key) => {
      const memory = this.loop.remembered().get(key);
      return memory === undefined ? [] : this.observer.candidates(memory);
    });
    this.statuses = new StatusSink(this.etcd, clock, log);
    this.loop = new ControllerLoop(this.ports(), remembered);
  }

  start(): void {
    this.scheduler.start();
    this.loop.wakeAll();
  }

  /** Containers run on. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.jobs.stop();
    this.statuses.stop();
    this.etcd.closeAll();
    this.streams.closeAll();
    await this.scheduler.stop();
    await this.proxies.closeAll();
  }

  proxyStats(): ReturnType<ProxyRegistry["stats"]> {
    return this.proxies.stats();
  }

  memories(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.loop.remembered();
  }

  /** For people: who leads, and whether we are registered with it. */
  mesosInfo(): { master: string | null; frameworkId: string | null; registered: boolean } {
    const source = this.scheduler.framework();
    const frameworkId = lastKnown(source) ?? null;
    const registered = source.freshness === "fresh";
    return { master: this.scheduler.master, frameworkId, registered };
  }

  /** Why no work can be done with Mesos now; null: it can. */
  mesosProblem(): string | null {
    const source = this.scheduler.framework();
    if (source.freshness === "fresh") return null;
    return source.freshness === "stale" ? "the master is lost" : source.reason;
  }

  /** Ends the framework for good: Mesos ends every container of it. The data stays. */
  async teardown(): Promise<void> {
    const { state, mesos, log } = this.options;
    await this.loop.stop();
    await this.scheduler.teardown();
    await state.framework.save({ frameworkId: null, masters: targetText(mesos) });
    log.info({}, "framework torn down");
  }

  /** The nodes as their agents show them now. */
  nodesOf(memory: ClusterMemory): readonly LeaderCandidate[] {
    return this.observer.candidates(memory);
  }

  private newSharedFramework(): SharedFramework {
    const { clock, log, state, masters, mesos, frameworkId, storedTasks } = this.options;
    return new SharedFramework({
      ...(mesos.kind === "masters" ? transportOf(mesos) : {}),
      masters,
      framework: {
        ...this.options.framework,
        name: FRAMEWORK_NAME,
        user: "root",
        failoverTimeoutSeconds: FAILOVER_TIMEOUT_S,
      },
      frameworkId,
      clock,
      log,
      saveFrameworkId: (id) =>
        state.framework.save({ frameworkId: id, masters: targetText(mesos) }),
      taskFiles: state.tasks,
      storedTasks,
      memories: () => this.memories(),
      wake: (key) => this.loop.wake(key),
      wakeAll: () => this.loop.wakeAll(),
    });
  }

  private ports(): LoopPorts {
    const { clock, log, agentImage, metrics, state, published } = this.options;
    return {
      clock,
      log,
      defaultImage: agentImage,
      metrics,
      observe: (key, memory) => this.observer.observe(key, memory),
      perform: (action, memory) => this.perform(action, memory),
      store: {
        save: async (key, memory) => {
          await state.memories.save(key, memory);
          await this.mesos.memoryStored(key);
        },
        remove: (key) => state.memories.remove(key),
      },
      publisher: published,
      storeStatus: (key, object) => this.statuses.put(key, object),
      demand: (key, wanted) => this.mesos.demand(key, wanted),
      release: (key, memory) => this.release(key, memory),
      identities: { uid: randomUUID, secrets: newSecrets },
    };
  }

  private async perform(action: Action, memory: ClusterMemory): Promise<void> {
    const { scheduler, etcd, proxies, snapshots, jobs } = this;
    const refreshDocker = (key: ClusterKey) => this.dockerFacts.refresh(key);
    const { docker } = this.options;
    const targets = { scheduler, docker, refreshDocker, etcd, proxies, snapshots, jobs };
    await perform(action, memory, targets);
    if (action.type === "EnsureProxy") this.follow(memory);
  }

  private agentChanged(taskId: string): void {
    const memory = memoryOfTask(taskId, this.memories());
    if (memory === undefined) return;
    this.follow(memory);
    this.loop.wake(clusterKey(memory.cluster.metadata));
  }

  private follow(memory: ClusterMemory): void {
    const { metadata, spec } = memory.cluster;
    const nodes = this.observer.candidates(memory);
    const cluster = { jupyterPort: spec.jupyter.port, epoch: memory.recovery.epoch };
    this.proxies.follow(clusterKey(metadata), nodes, cluster);
  }

  private async release(key: ClusterKey, memory: ClusterMemory): Promise<void> {
    this.mesos.release(key);
    this.jobs.release(key);
    this.statuses.forget(key);
    this.etcd.close(key);
    this.observer.forget(key);
    await this.proxies.close(key);
    this.options.log.info({ cluster: key, uid: memory.uid }, "cluster released");
  }
}

function newSecrets(): ClusterSecrets {
  const secret = () => randomBytes(32).toString("base64url");
  return { agentToken: secret(), jupyterToken: secret(), cookieSecret: secret() };
}
