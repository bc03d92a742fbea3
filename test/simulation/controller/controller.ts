/**
 * One controller process. The loop, the planner, the Mesos client, the store of tasks, the
 * observer, the jobs and the proxies' gates are production's; they are joined as
 * controller/core.ts joins them, and end at simulated wires, a simulated disk and a virtual clock.
 */
import { Jobs } from "../../../controller/act/jobs.ts";
import { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import type { MesosScheduler } from "../../../controller/mesos/scheduler.ts";
import { SharedFramework } from "../../../controller/mesos/shared-framework.ts";
import type { Action } from "../../../controller/model/action.ts";
import {
  type ClusterKey,
  clusterKey,
  etcdKeys,
  slotAddress,
} from "../../../controller/model/ids.ts";
import { type ClusterMemory, memoryOfTask } from "../../../controller/model/memory.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { ClusterObserver } from "../../../controller/observe/cluster-observer.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { SnapshotFacts } from "../../../controller/observe/snapshot-facts.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Rng } from "../engine/rng.ts";
import { SimulatedConnections } from "../mesos/connections.ts";
import { Station } from "../wire/station.ts";
import type { Wires } from "../wire/wires.ts";
import { SimulatedAgentStreams } from "./agent-streams.ts";
import { type EffectEvent, Effects } from "./effects.ts";
import { EtcdCaller } from "./etcd-caller.ts";
import { SimulatedProxies } from "./proxies.ts";
import { sendOrder } from "./send-order.ts";
import { doSimulatedJob, type SnapshotShelf } from "./snapshots.ts";
import type { StateDisk } from "./state-disk.ts";
import type { Tampering } from "./tampering.ts";

const FAILOVER_TIMEOUT_S = 7 * 24 * 3600;

export interface ControllerOptions {
  /** On the wires; no two processes have the same in all the time. */
  readonly name: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly wires: Wires;
  readonly disk: StateDisk;
  readonly shelf: SnapshotShelf;
  readonly masters: readonly HostPort[];
  readonly resolve: (ip: string) => string | undefined;
  readonly onEffect: (event: EffectEvent) => void;
  /** Before an action is carried out. */
  readonly onAction: (action: Action, memory: ClusterMemory) => void;
  /** How often an event is told: once, unless it gets lost or is repeated. */
  readonly timesTold: () => number;
  readonly tampering: Tampering;
  /** It cannot go on: another has taken over, or the framework is gone. */
  readonly onFatal: (reason: string) => void;
}

export class SimulatedController {
  readonly clock: ProcessClock;
  readonly loop: ControllerLoop;
  readonly published: PublishedStore;
  readonly proxies: SimulatedProxies;
  readonly effects: Effects;
  readonly scheduler: MesosScheduler;
  readonly observer: ClusterObserver;
  private readonly station: Station;
  private readonly mesos: SharedFramework;
  private readonly streams: SimulatedAgentStreams;
  private readonly jobs: Jobs;
  private readonly facts: SnapshotFacts;
  private ended = false;
  /** Grows with whatever may move a proxy, or show who leads. */
  news = 0;

  constructor(private readonly options: ControllerOptions) {
    const { name, wires, disk, log, shelf, resolve } = options;
    this.clock = new ProcessClock(options.clock);
    const { clock } = this;
    this.effects = new Effects(options.onEffect);
    this.station = new Station(name, wires, clock);
    const stored = disk.load();
    const wake = (key: ClusterKey) => this.told(() => this.loop.wake(key));
    this.proxies = new SimulatedProxies({ clock, log, onChange: wake });
    this.streams = new SimulatedAgentStreams({
      station: this.station,
      clock,
      owner: name,
      resolve,
      onChange: (taskId) => this.agentChanged(taskId),
    });
    const snapshotsOf = (cluster: CompiledCluster) => ({ list: () => shelf.list(cluster) });
    this.facts = new SnapshotFacts({ snapshotsOf, clock, log, onChange: wake });
    this.jobs = this.newJobs(wake);
    this.mesos = this.newSharedFramework(stored, wake);
    this.scheduler = this.mesos.scheduler;
    void this.scheduler.fatal.then((error) => options.onFatal(error.message));
    this.observer = new ClusterObserver({
      mesos: this.mesos,
      streams: this.streams,
      docker: null,
      snapshots: this.facts,
      jobs: this.jobs,
      proxies: this.proxies,
      defaultImage: "jupyter-cluster/agent:1",
    });
    this.published = new PublishedStore({ lastResourceVersion: 0 });
    this.loop = new ControllerLoop(this.ports(), stored.memories);
  }

  start(snapshot: SpecSnapshot): void {
    this.loop.read(snapshot);
    this.scheduler.start();
    this.loop.wakeAll();
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  /** kill -9. */
  crash(): void {
    if (this.ended) return;
    this.ended = true;
    this.effects.end();
    this.clock.end();
    this.station.shut();
    this.options.disk.crash();
  }

  private told(tell: () => void): void {
    for (let times = this.options.timesTold(); times > 0; times--) tell();
  }

  private newSharedFramework(
    stored: ReturnType<StateDisk["load"]>,
    wake: (key: ClusterKey) => void,
  ): SharedFramework {
    const { clock, effects } = this;
    const { disk, log, masters, name, rng } = this.options;
    return new SharedFramework({
      masters,
      transport: new SimulatedConnections(this.station, name),
      framework: {
        name: "jupyter-cluster",
        user: "root",
        role: "*",
        failoverTimeoutSeconds: FAILOVER_TIMEOUT_S,
      },
      frameworkId: stored.frameworkId,
      clock,
      log,
      random: () => rng.fraction(),
      saveFrameworkId: (id) =>
        effects.carryOut("save framework id", () => disk.saveFrameworkId(clock, id)),
      taskFiles: {
        save: (task) =>
          effects.carryOut("save task", () => disk.saveTask(clock, task.taskId, task)),
        remove: (taskId) =>
          effects.carryOut("forget task", () => disk.saveTask(clock, taskId, null)),
      },
      storedTasks: stored.tasks,
      memories: () => this.loop.remembered(),
      wake,
      wakeAll: () => this.told(() => this.loop.wakeAll()),
    });
  }

  private newJobs(wake: (key: ClusterKey) => void): Jobs {
    const { rng, shelf, resolve, log } = this.options;
    const { clock, station } = this;
    const refresh = (cluster: CompiledCluster) => this.facts.refresh(cluster);
    const circumstances = { station, clock, rng: rng.fork("jobs"), shelf, resolve, refresh };
    return new Jobs({
      clock,
      log,
      onEnd: wake,
      work: (action, memory) => doSimulatedJob(action, memory, circumstances),
    });
  }

  private ports(): LoopPorts {
    const { clock, effects, published } = this;
    const { disk, log, rng, name, tampering } = this.options;
    const secret = (of: string) => `${of}-of-${name}`;
    return {
      clock,
      log,
      defaultImage: "jupyter-cluster/agent:1",
      observe: (key, memory) => tampering.observe(this.observer.observe(key, memory)),
      perform: (action, memory) =>
        effects.carryOut(action.type, () => this.perform(action, memory)),
      store: {
        save: async (key, memory) => {
          this.news += 1;
          await effects.carryOut("save memory", () => disk.saveMemory(clock, key, memory));
          await this.mesos.memoryStored(key);
        },
        remove: (key) => effects.carryOut("forget", () => disk.saveMemory(clock, key, null)),
      },
      publisher: published,
      storeStatus: () => undefined,
      demand: (key, wanted) => this.mesos.demand(key, wanted),
      release: async (key) => this.release(key),
      identities: {
        uid: () => rng.uint32().toString(16).padStart(8, "0"),
        secrets: () => ({
          agentToken: secret("agent-token"),
          jupyterToken: secret("jupyter-token"),
          cookieSecret: secret("cookie-secret"),
        }),
      },
      metrics: { reconciled: () => undefined, queueDepth: () => undefined },
    };
  }

  private async perform(action: Action, memory: ClusterMemory): Promise<void> {
    this.options.onAction(action, memory);
    const ref = memory.cluster.metadata;
    const key = clusterKey(ref);
    switch (action.type) {
      case "EnsureNetwork":
      case "EnsureVolume":
        throw new Error(`${action.type} where the containers run on other machines' engines`);
      case "EnsureProxy":
        await this.proxies.ensure(key, action.proxy);
        return this.follow(memory);
      case "LaunchTasks":
        return this.scheduler.accept(action.offerIds, action.tasks);
      case "KillTask":
        return this.scheduler.kill(action.taskId, action.agentId);
      case "OrderAgent":
        return this.order(action);
      case "AddLearner":
        return this.etcd(key).addLearner(action.peerUrl);
      case "PromoteMember":
        return this.etcd(key).promoteMember(action.memberId);
      case "RemoveMember":
        return this.etcd(key).removeMember(action.memberId);
      case "MoveLeader": {
        const { firstAddress } = memory.cluster.spec.network;
        const from = slotAddress(firstAddress, action.fromSlot);
        return this.etcd(key).moveLeader(from, action.toMemberId);
      }
      case "PutDesired":
        return this.etcd(key).put(etcdKeys(ref).desired, JSON.stringify(action.desired));
      case "DeleteSnapshots":
        this.options.shelf.remove(memory.cluster, action.snapshots);
        return this.facts.refresh(memory.cluster);
      case "SaveSnapshot":
      case "SendSnapshot":
      case "Defragment":
        return this.jobs.start(action, memory);
      case "Compact":
      case "DisarmAlarm":
        throw new Error(`${action.type} in a world where no database fills up`);
    }
  }

  private order(action: Extract<Action, { type: "OrderAgent" }>): Promise<void> {
    return sendOrder(action, { ...this.options, station: this.station, clock: this.clock });
  }

  private etcd(key: ClusterKey): EtcdCaller {
    const { station, clock } = this;
    const { resolve, tampering } = this.options;
    const candidates = () => {
      const memory = this.loop.remembered().get(key);
      return memory === undefined ? [] : this.observer.candidates(memory);
    };
    return new EtcdCaller({ station, clock, resolve, candidates, tamper: tampering.request });
  }

  private agentChanged(taskId: string): void {
    const memory = memoryOfTask(taskId, this.loop.remembered());
    if (memory === undefined) return;
    this.follow(memory);
    this.told(() => this.loop.wake(clusterKey(memory.cluster.metadata)));
  }

  private follow(memory: ClusterMemory): void {
    this.news += 1;
    const { metadata, spec } = memory.cluster;
    const nodes = this.options.tampering.candidates(this.observer.candidates(memory));
    const cluster = { jupyterPort: spec.jupyter.port, epoch: memory.recovery.epoch };
    this.proxies.follow(clusterKey(metadata), nodes, cluster);
  }

  private release(key: ClusterKey): void {
    this.mesos.release(key);
    this.jobs.release(key);
    this.observer.forget(key);
    this.proxies.close(key);
  }
}
