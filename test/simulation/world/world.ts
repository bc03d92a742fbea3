/**
 * A whole site in virtual time: Mesos, hosts, containers, controllers, users. Nothing goes wrong by
 * itself.
 */
import type { Logger } from "../../../controller/model/ports.ts";
import type { ControllerProcess } from "../controller/process.ts";
import { SnapshotShelf } from "../controller/snapshots.ts";
import type { StateDisk } from "../controller/state-disk.ts";
import type { Mutation } from "../controller/mutation.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { SiteStore } from "../store/site-store.ts";
import { Rng } from "../engine/rng.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { Trace } from "../engine/trace.ts";
import { Addresses } from "../mesos/addresses.ts";
import { type Container, DockerHost } from "../mesos/docker-host.ts";
import { MesosAgent } from "../mesos/mesos-agent.ts";
import { MesosMaster } from "../mesos/master.ts";
import { Registry } from "../mesos/registry.ts";
import { MesosSite } from "../mesos/site.ts";
import { Node } from "../node/node.ts";
import { Network } from "../wire/network.ts";
import { ZooKeeperEnsemble } from "../zookeeper/ensemble.ts";
import type { Watchers } from "./watchers.ts";
import { Controllers } from "./controllers.ts";
import { SpecUser } from "./spec-user.ts";

export interface WorldOptions {
  readonly seed: number | string;
  readonly hosts: number;
  readonly masters: number;
  /** One with a state directory of its own, or two that share the site's store. */
  readonly controllers: 1 | 2;
  /** How controllers find the leading master. */
  readonly detection: "list" | "zookeeper";
  /** Of each host. */
  readonly resources: { readonly cpus: number; readonly mem: number; readonly disk: number };
  readonly unreachableMs: number;
  /** An address is never given out twice, even if its holder is out of sight. */
  readonly exclusiveAddresses: boolean;
  readonly mutation: Mutation;
  /** How many of the last lines of the trace stay readable. */
  readonly linesKept: number;
}

/** Between two tries of an operator. */
const OPERATOR_MS = 5_000;
const ZOOKEEPER_SERVERS = 3;

export class World {
  readonly trace: Trace;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly network: Network;
  readonly registry = new Registry();
  readonly addresses: Addresses;
  readonly hosts: readonly DockerHost[];
  readonly zooKeeper: ZooKeeperEnsemble;
  readonly site: MesosSite;
  private readonly processes: Controllers;
  readonly shelf = new SnapshotShelf();
  readonly user = new SpecUser(() => this.now());
  /** How often the next event is told to a controller. */
  timesTold: () => number = () => 1;
  private nextContainer = 0;
  private nextUuid = 0;
  private nextHistory = 0;

  constructor(
    readonly options: WorldOptions,
    readonly watchers: Watchers,
  ) {
    this.trace = new Trace(options.linesKept);
    this.rng = new Rng(options.seed);
    this.scheduler = new Scheduler(this.trace);
    this.network = new Network(this.scheduler, this.rng.fork("network"));
    this.addresses = new Addresses(this.network.partitions, options.exclusiveAddresses);
    this.hosts = Array.from({ length: options.hosts }, (_, i) => this.newHost(`host-${i}`));
    const { scheduler: clock, network } = this;
    const deps = { clock, network, rng: this.rng.fork("zookeeper") };
    this.zooKeeper = new ZooKeeperEnsemble(deps, ZOOKEEPER_SERVERS);
    this.site = this.newSite();
    this.processes = new Controllers(this, quietLogger());
  }

  /** The controller in charge; null: none is, now. */
  get controller(): ControllerProcess | null {
    return this.processes.acting;
  }

  /** Every controller that there has been; the newest last. */
  get controllers(): readonly ControllerProcess[] {
    return this.processes.all;
  }

  get running(): readonly ControllerProcess[] {
    return this.processes.running;
  }

  get store(): SiteStore | null {
    return this.processes.store;
  }

  get disk(): StateDisk {
    return this.processes.disk;
  }

  /** As a controller has stored it. */
  storedMemory(cluster: string): ClusterMemory | undefined {
    return this.processes.storedMemory(cluster);
  }

  now(): number {
    return this.scheduler.now();
  }

  start(): void {
    this.site.start();
    this.startController();
  }

  /** Every controller that is to run does. */
  startController(): void {
    this.processes.startMissing();
  }

  /**
   * Another host takes over with a copy of the state directory, for the controller's own seems
   * dead. (On one host the lock of the state directory forbids it.)
   *
   * @returns the one that may come back
   */
  takeOver(): ControllerProcess | null {
    const { processes } = this;
    const old = this.controller;
    if (old === null || processes.store !== null) return null;
    old.clock.pause();
    processes.disk = processes.disk.copy(this.rng.fork(`disk ${this.controllers.length}`));
    processes.startAlone();
    return old;
  }

  /** The files were changed. */
  read(): void {
    const reading = this.user.reading();
    for (const controller of this.controllers) {
      if (controller.isRunning) controller.clock.after(0, () => controller.read(reading));
    }
  }

  containers(): readonly Container[] {
    return this.hosts.flatMap((host) => [...host.containers.values()]);
  }

  nodeOf(container: Container): Node | null {
    return container.process as Node | null;
  }

  agentOf(host: DockerHost): MesosAgent {
    const agent = this.site.agents.find((a) => a.name === host.name);
    if (agent === undefined) throw new Error(`${host.name} has no Mesos agent`);
    return agent;
  }

  /** An operator knows that it never comes back, and says so as soon as there is a master. */
  markGone(host: DockerHost): void {
    const master = this.site.leader();
    for (const agentId of this.registry.idsAt(host.name)) {
      if (master?.markGone(agentId) === true) host.givenUp = true;
    }
    const { agentId } = this.agentOf(host);
    const isDone = agentId === null || this.registry.gone.has(agentId);
    if (isDone && this.registry.idsAt(host.name).length === 0) return;
    this.scheduler.after(OPERATOR_MS, () => this.markGone(host));
  }

  private hostOf({ hostname }: Container): DockerHost | undefined {
    return this.hosts.find(({ name }) => name === hostname);
  }

  private newHost(name: string): DockerHost {
    const host: DockerHost = new DockerHost({
      name,
      clock: this.scheduler,
      rng: this.rng.fork(name),
      trace: this.trace,
      addresses: this.addresses,
      nextContainer: () => {
        const container = `c${this.nextContainer++}`;
        this.network.partitions.locate(container, name);
        return container;
      },
      start: (container) => this.startNode(container),
      onEnd: (container, how) => this.agentOf(host).onContainerEnd(container, how),
      onGone: (container) => {
        this.network.partitions.forget(container.name);
        this.watchers.onContainerEnded(container);
      },
    });
    return host;
  }

  private startNode(container: Container): Node {
    const { name, config, volume } = container;
    const node = new Node({
      name,
      config,
      volume,
      clock: this.scheduler,
      rng: this.rng.fork(name),
      trace: this.trace,
      network: this.network,
      sendPeer: (peerUrl, message) => {
        const to = this.addresses.resolve(new URL(peerUrl).hostname, name);
        if (to !== undefined) this.network.sendPeer(name, to, message);
      },
      observeRaft: (event, core, identity) => {
        this.watchers.onRaft(container, event, core, identity);
      },
      sharedStorage: () => this.hostOf(container)?.sharedStorage ?? "dead",
      histories: { next: () => `forced-${this.nextHistory++}` },
      onNewBeginning: (command) => this.watchers.onNewBeginning(container, command),
      onExit: () => {
        this.hostOf(container)?.kill(container, "ended as it was told");
      },
    });
    this.watchers.onContainerStarted(container);
    return node;
  }

  private newSite(): MesosSite {
    const { network, trace, registry, scheduler: clock, rng, options } = this;
    const masters = Array.from({ length: options.masters }, (_, i): MesosMaster => {
      const name = `master-${i}`;
      return new MesosMaster({
        name,
        ip: `10.254.0.${i + 1}`,
        clock,
        rng: rng.fork(name),
        trace,
        network,
        registry,
        unreachableMs: options.unreachableMs,
        reregisterMs: 2 * options.unreachableMs,
        leaderName: () => this.site.leader()?.name ?? null,
      });
    });
    const agents = this.hosts.map(
      (host, i) =>
        new MesosAgent({
          host,
          attributes: { rack: `rack-${i % 2}` },
          resources: options.resources,
          clock,
          rng: rng.fork(`agent of ${host.name}`),
          trace,
          network,
          leadingMaster: () => this.site.leader(),
          nextUuid: () => {
            this.nextUuid += 1;
            return Buffer.from(String(this.nextUuid).padStart(16, "0")).toString("base64");
          },
        }),
    );
    return new MesosSite(masters, agents, {
      clock,
      rng: rng.fork("site"),
      network,
      ensemble: this.zooKeeper,
    });
  }
}

function quietLogger(): Logger {
  const quiet = () => undefined;
  return { debug: quiet, info: quiet, warn: quiet, error: quiet };
}
