/**
 * The controller over a cheap world. Loop, planner, queue, publisher, status sink, observer, Mesos
 * client and what the clusters share of it are production's, joined as controller/core.ts joins
 * them; they end at stand-ins for agents, etcd, disk and sockets.
 */
import { StatusSink } from "../../../controller/act/status-sink.ts";
import { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { SharedFramework } from "../../../controller/mesos/shared-framework.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import { type ClusterKey, clusterKey } from "../../../controller/model/ids.ts";
import { type ClusterMemory, memoryOfTask } from "../../../controller/model/memory.ts";
import { lastKnown } from "../../../controller/model/observed.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { ClusterObserver } from "../../../controller/observe/cluster-observer.ts";
import { SnapshotFacts } from "../../../controller/observe/snapshot-facts.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { silentLog } from "../../support/silent-log.ts";
import { SimulatedProxies } from "../controller/proxies.ts";
import type { CheapCluster } from "./cheap-cluster.ts";
import { CheapDisk } from "./cheap-disk.ts";
import { CheapEtcdClients } from "./cheap-etcd-clients.ts";
import type { CheapMesos } from "./cheap-mesos.ts";
import { CheapStreams } from "./cheap-streams.ts";
import { sendOrder } from "./cheap-orders.ts";
import { type Visit, WorkCount } from "./work-count.ts";

export interface ScaleControllerOptions {
  readonly clock: Clock;
  readonly mesos: CheapMesos;
  cluster(key: ClusterKey): CheapCluster;
  statusOf(taskId: string): AgentStatus | null;
  onVisit(visit: Visit): void;
}

const FAILOVER_TIMEOUT_S = 7 * 24 * 3600;
const IMAGE = "jupyter-cluster/agent:1";

export class ScaleController {
  readonly loop: ControllerLoop;
  readonly published = new PublishedStore({ lastResourceVersion: 0 });
  readonly streams: CheapStreams;
  readonly disk: CheapDisk;
  readonly work = new WorkCount();
  /** Clusters whose published condition Ready is True, and since when. */
  readonly ready = new Map<ClusterKey, number>();
  private readonly share: SharedFramework;
  private readonly observer: ClusterObserver;
  private readonly proxies: SimulatedProxies;
  private readonly etcd: CheapEtcdClients;
  private readonly statuses: StatusSink;
  private nextUid = 0;
  /** One of the loop's timers has just come due. */
  private inTimer = false;

  constructor(private readonly options: ScaleControllerOptions) {
    const { clock } = options;
    const log = silentLog;
    const wake = (key: ClusterKey) => this.loop.wake(key);
    this.disk = new CheapDisk(clock);
    this.streams = new CheapStreams({
      clock,
      statusOf: (taskId) => options.statusOf(taskId),
      onChange: (taskId) => this.agentChanged(taskId),
    });
    this.proxies = new SimulatedProxies({ clock, log, onChange: wake });
    this.share = this.newShare();
    this.observer = new ClusterObserver({
      mesos: this.share,
      streams: this.streams,
      docker: null,
      snapshots: new SnapshotFacts({
        snapshotsOf: () => ({ list: async () => [] }),
        clock,
        log,
        onChange: wake,
      }),
      jobs: { observe: () => [] },
      proxies: this.proxies,
      defaultImage: IMAGE,
    });
    this.etcd = new CheapEtcdClients({
      clock,
      cluster: (key) => options.cluster(key),
      candidates: (key) => this.nodesOf(key),
    });
    this.statuses = new StatusSink(this.etcd, clock, log);
    this.loop = new ControllerLoop(this.ports(), new Map());
    this.published.subscribe(({ object }) => {
      const key = clusterKey(object.metadata);
      const ready = object.status.conditions.some((c) => c.type === "Ready" && c.status === "True");
      if (!ready) this.ready.delete(key);
      else if (!this.ready.has(key)) this.ready.set(key, clock.now());
    });
  }

  read(snapshot: SpecSnapshot): void {
    this.loop.read(snapshot);
  }

  start(): void {
    this.share.scheduler.start();
    this.loop.wakeAll();
  }

  private newShare(): SharedFramework {
    const { clock, mesos } = this.options;
    return new SharedFramework({
      masters: [{ host: "master", port: 5050 }],
      transport: mesos,
      framework: {
        name: "jupyter-cluster",
        user: "root",
        role: "*",
        failoverTimeoutSeconds: FAILOVER_TIMEOUT_S,
      },
      frameworkId: null,
      clock,
      log: silentLog,
      random: () => 0.5,
      saveFrameworkId: (id) => this.disk.write(id),
      taskFiles: {
        save: (task) => this.disk.write(task),
        remove: (taskId) => this.disk.write(taskId),
      },
      storedTasks: new Map(),
      memories: () => this.loop.remembered(),
      wake: (key) => this.loop.wake(key),
      wakeAll: () => this.loop.wakeAll(),
    });
  }

  private ports(): LoopPorts {
    const { disk, published, work } = this;
    return {
      clock: this.loopClock(),
      log: silentLog,
      defaultImage: IMAGE,
      observe: (key, memory) => {
        const observed = this.observer.observe(key, memory);
        const mesos = lastKnown(observed.mesos);
        const visit: Visit = {
          key,
          byEvent: !this.inTimer,
          tasksSeen: mesos?.tasks.size ?? 0,
          offersSeen: mesos?.offers.length ?? 0,
        };
        work.visited(visit);
        this.options.onVisit(visit);
        return observed;
      },
      perform: (action, memory) => this.perform(action, memory),
      store: {
        save: async (key, memory) => {
          await disk.write(memory);
          await this.share.memoryStored(key);
        },
        remove: (key) => disk.write(key),
      },
      publisher: published,
      storeStatus: (key, object) => this.statuses.put(key, object),
      demand: (key, wanted) => this.share.demand(key, wanted),
      release: () => Promise.reject(new Error("no cluster is deleted here")),
      identities: {
        uid: () => String((this.nextUid += 1)).padStart(8, "0"),
        secrets: () => ({ agentToken: "agent", jupyterToken: "jupyter", cookieSecret: "cookie" }),
      },
      metrics: {
        reconciled: (result) => work.ended(result),
        queueDepth: () => undefined,
      },
    };
  }

  private loopClock(): Clock {
    const { clock } = this.options;
    return {
      now: () => clock.now(),
      after: (delayMs, callback) =>
        clock.after(delayMs, () => {
          this.inTimer = true;
          callback();
          // The visit begins when what came in the same breath has been taken in.
          queueMicrotask(() => {
            this.inTimer = false;
          });
        }),
    };
  }

  private async perform(action: Action, memory: ClusterMemory): Promise<void> {
    const key = clusterKey(memory.cluster.metadata);
    this.work.acted(action.type);
    switch (action.type) {
      case "EnsureProxy":
        await this.proxies.ensure(key, action.proxy);
        return this.follow(memory);
      case "LaunchTasks":
        return this.share.scheduler.accept(action.offerIds, action.tasks);
      case "KillTask":
        return this.share.scheduler.kill(action.taskId, action.agentId);
      case "OrderAgent":
        return sendOrder(action, this.options.cluster(key), this.options.clock);
      case "AddLearner":
        return this.etcd.call(key, (etcd) => etcd.addLearner(action.slot, action.peerUrl));
      case "PromoteMember":
        return this.etcd.call(key, (etcd) => etcd.promote(action.slot, action.memberId));
      case "RemoveMember":
        return this.etcd.call(key, (etcd) => etcd.removeMember(action.memberId));
      case "PutDesired":
        return this.etcd.call(key, (etcd) => etcd.put(action.desired));
      default:
        throw new Error(`${action.type} where nothing asks for it`);
    }
  }

  private nodesOf(key: ClusterKey): ReturnType<ClusterObserver["candidates"]> {
    const memory = this.loop.remembered().get(key);
    return memory === undefined ? [] : this.observer.candidates(memory);
  }

  private agentChanged(taskId: string): void {
    const memory = memoryOfTask(taskId, this.loop.remembered());
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
}
