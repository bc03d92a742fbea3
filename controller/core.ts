/**
 * The controller without its edges: loop, observers and actors, joined. It is joined here and
 * nowhere else; what it reaches of the world comes in as {@link CorePorts}.
 */
import { type LocalDocker, perform } from "./act/actor.ts";
import { type EtcdCluster, EtcdClients } from "./act/etcd-clients.ts";
import { doJob, type SnapshotTargets } from "./act/job-work.ts";
import { Jobs } from "./act/jobs.ts";
import { StatusSink } from "./act/status-sink.ts";
import type { CorePorts } from "./core-ports.ts";
import { ControllerLoop } from "./loop/controller-loop.ts";
import type { LoopPorts } from "./loop/ports.ts";
import type { MesosScheduler } from "./mesos/scheduler.ts";
import { SharedFramework } from "./mesos/shared-framework.ts";
import { leanMemory } from "./model/complete-memory.ts";
import type { Action } from "./model/action.ts";
import type { ClusterKey } from "./model/ids.ts";
import type { LeaderCandidate } from "./model/leader.ts";
import type { ClusterMemory } from "./model/memory.ts";
import { lastKnown } from "./model/observed.ts";
import { ClusterObserver } from "./observe/cluster-observer.ts";
import { DockerFacts } from "./observe/docker-facts.ts";
import { KeyFacts } from "./observe/key-facts.ts";
import { SnapshotFacts } from "./observe/snapshot-facts.ts";
import { Serving } from "./roles/serving.ts";
import { Notifier } from "./webhook/notifier.ts";
import type { CompiledCluster } from "../crd-schema/spec.ts";

const FRAMEWORK_NAME = "jupyter-cluster";
/** A week: for so long no controller may run before the master ends the tasks. Seconds. */
const FAILOVER_TIMEOUT_S = 7 * 24 * 3600;

export class ControllerCore {
  readonly loop: ControllerLoop;
  readonly scheduler: MesosScheduler;
  readonly snapshots: SnapshotTargets;
  readonly jobs: Jobs;
  private readonly serving: Serving;
  private readonly dockerFacts: DockerFacts | null;
  private readonly mesos: SharedFramework;
  private readonly observer: ClusterObserver;
  private readonly etcd: EtcdClients;
  private readonly statuses: StatusSink;
  private readonly keys: KeyFacts;
  private readonly notifier: Notifier | null;

  /**
   * @param defaultImage of clusters whose spec names none
   * @param outlives what serves users before this acts and goes on when it has stopped; null: it ends
   *   with this
   */
  constructor(
    private readonly ports: CorePorts,
    private readonly defaultImage: string,
    private readonly outlives: Serving | null = null,
  ) {
    const { clock, log, docker } = ports;
    const onChange = (key: ClusterKey) => this.wake(key);
    const common = { ...ports, onChange };
    this.dockerFacts = docker === null ? null : new DockerFacts({ ...common, docker });
    this.serving = outlives ?? new Serving(ports);
    const snapshotsOf = (cluster: CompiledCluster) => ports.snapshots.of(cluster);
    const facts = new SnapshotFacts({ ...common, snapshotsOf });
    this.snapshots = { of: snapshotsOf, refresh: (cluster) => facts.refresh(cluster) };
    this.jobs = this.newJobs();
    this.mesos = this.newSharedFramework();
    this.scheduler = this.mesos.scheduler;
    const members = { clock, log, connect: ports.connectMember };
    this.etcd = new EtcdClients(members, (key) => this.etcdOf(key));
    this.statuses = new StatusSink(this.etcd, clock, log);
    this.keys = new KeyFacts({
      ...common,
      etcdOf: (key) => this.etcd.for(key),
      checkStatus: (key) => this.statuses.check(key),
    });
    this.observer = new ClusterObserver({
      mesos: this.mesos,
      agents: this.serving,
      docker: this.dockerFacts,
      snapshots: facts,
      jobs: this.jobs,
      keys: this.keys,
      proxies: this.serving.proxies,
      defaultImage,
    });
    this.notifier = ports.webhook === null ? null : this.newNotifier(ports.webhook);
    const own = this.loopPorts();
    const loopPorts = ports.interposed?.loopPorts(own) ?? own;
    this.loop = new ControllerLoop(loopPorts, ports.state.stored.memories);
  }

  start(): void {
    this.serving.enter({ memories: () => this.memories(), changed: (key) => this.wake(key) });
    this.scheduler.start();
    this.loop.wakeAll();
  }

  get proxies(): Serving["proxies"] {
    return this.serving.proxies;
  }

  /** Containers run on. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.notifier?.stop();
    await this.jobs.stop();
    this.statuses.stop();
    this.etcd.closeAll();
    await this.scheduler.stop();
    if (this.outlives === null) await this.serving.close();
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
    if (source.freshness === "unknown") return source.reason;
    return source.reason ?? "the master is lost";
  }

  /** Ends the framework for good: Mesos ends every container of it. The data stays. */
  async teardown(): Promise<void> {
    const { state, log } = this.ports;
    await this.loop.stop();
    await this.scheduler.teardown();
    await state.saveFrameworkId(null);
    log.info({}, "framework torn down");
  }

  /** This machine's engine, where the containers run on it. */
  get docker(): CorePorts["docker"] {
    return this.ports.docker;
  }

  /** The nodes as their agents show them now. */
  nodesOf(memory: ClusterMemory): readonly LeaderCandidate[] {
    return this.serving.candidates(memory);
  }

  private etcdOf(key: ClusterKey): EtcdCluster | undefined {
    const memory = this.memories().get(key);
    if (memory === undefined) return undefined;
    const { tls } = memory.cluster.spec.etcd;
    const identity = this.ports.certificates.ofController(memory);
    return { nodes: this.nodesOf(memory), identity, tls };
  }

  private newJobs(): Jobs {
    const { clock, log, connectAgent, docker } = this.ports;
    return new Jobs({
      clock,
      log,
      onEnd: (key) => this.wake(key),
      work: (action, memory, signal) =>
        doJob(action, memory, { targets: this.snapshots, connectAgent, docker, clock, signal }),
    });
  }

  private newNotifier(webhook: NonNullable<CorePorts["webhook"]>): Notifier {
    const { clock, log } = this.ports;
    return new Notifier({
      ...webhook,
      clock,
      log,
      remember: (key, sequence) => this.loop.notified(key, sequence),
    });
  }

  private newSharedFramework(): SharedFramework {
    const { clock, random, log, state, mesos } = this.ports;
    return new SharedFramework({
      ...mesos,
      framework: {
        ...mesos.framework,
        name: FRAMEWORK_NAME,
        user: "root",
        failoverTimeoutSeconds: FAILOVER_TIMEOUT_S,
      },
      frameworkId: state.stored.frameworkId,
      clock,
      random,
      log,
      saveFrameworkId: (id) => state.saveFrameworkId(id),
      taskFiles: state.tasks,
      storedTasks: state.stored.tasks,
      memories: () => this.memories(),
      wake: (key) => this.wake(key),
      wakeAll: () => this.tell(() => this.loop.wakeAll()),
    });
  }

  private loopPorts(): LoopPorts {
    const { clock, log, metrics, identities, publisher, state } = this.ports;
    return {
      clock,
      log,
      metrics,
      identities,
      publisher,
      defaultImage: this.defaultImage,
      observe: (key, memory) => this.observer.observe(key, memory),
      perform: (action, memory) => this.perform(action, memory),
      store: {
        save: async (key, memory) => {
          await state.memories.save(key, leanMemory(memory));
          await this.mesos.memoryStored(key);
        },
        remove: (key) => state.memories.remove(key),
      },
      storeStatus: (key, object) => this.statuses.put(key, object),
      demand: (key, wanted) => this.mesos.demand(key, wanted),
      judged: (key, verdicts) => this.scheduler.offerLog.judged(key, verdicts),
      notify: (memory) => this.notifier?.look(memory),
      release: (key, memory) => this.release(key, memory),
    };
  }

  private async perform(action: Action, memory: ClusterMemory): Promise<void> {
    const { scheduler, etcd, keys, proxies, snapshots, jobs } = this;
    const { clock, connectAgent, certificates } = this.ports;
    const docker = this.localDocker();
    const world = { clock, connectAgent, certificates, docker };
    const targets = { ...world, scheduler, etcd, keys, proxies, snapshots, jobs };
    await perform(action, memory, targets);
    if (action.type === "EnsureProxy") this.serving.follow(memory);
  }

  private localDocker(): LocalDocker | null {
    const { docker: engine } = this.ports;
    const facts = this.dockerFacts;
    if (engine === null || facts === null) return null;
    const { createdBy } = this.ports;
    return { engine, createdBy, refresh: (key) => facts.refresh(key) };
  }

  private wake(key: ClusterKey): void {
    this.tell(() => this.loop.wake(key));
  }

  private tell(wake: () => void): void {
    const { interposed } = this.ports;
    if (interposed === null) wake();
    else interposed.tell(wake);
  }

  private async release(key: ClusterKey, memory: ClusterMemory): Promise<void> {
    this.mesos.release(key);
    this.jobs.release(key);
    this.notifier?.forget(key);
    this.statuses.forget(key);
    this.etcd.close(key);
    this.observer.forget(key);
    await this.serving.forget(key);
    this.ports.log.info({ cluster: key, uid: memory.uid }, "cluster released");
  }
}
