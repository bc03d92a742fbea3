/** Many clusters on one Mesos site under one controller, in virtual time. */
import { type ClusterKey, clusterKey } from "../../../controller/model/ids.ts";
import { specSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { fakeCluster } from "../../support/planner/fixtures.ts";
import { Rng } from "../engine/rng.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { CheapAgents } from "./cheap-agents.ts";
import { CheapCluster } from "./cheap-cluster.ts";
import { connectCheapMembers } from "./cheap-members.ts";
import { CheapMesos } from "./cheap-mesos.ts";
import { ScaleController } from "./scale-controller.ts";
import type { Reconcile } from "./work-count.ts";

export interface ScaleOptions {
  readonly clusters: number;
  /** Of each cluster. */
  readonly nodes: number;
  /** Mesos agents. */
  readonly agents: number;
  readonly racks: number;
  readonly seed: number;
}

/** Of each agent: enough for every size that is measured, also without one rack. */
const RESOURCES = { cpus: 32, mem: 131_072, disk: 4_000_000 };
const RACK = "rack-0";

export class ScaleSite {
  readonly scheduler = new Scheduler();
  readonly mesos: CheapMesos;
  readonly controller: ScaleController;
  private readonly agents: CheapAgents;
  /** For whoever measures. */
  onReconcile: (reconcile: Reconcile) => void = () => undefined;
  onBeat: () => void = () => undefined;
  afterStep: () => void = () => undefined;
  private readonly specs = new Map<ClusterKey, CompiledCluster>();
  private readonly rng: Rng;
  private readonly clusters = new Map<ClusterKey, CheapCluster>();
  private readonly addresses = new Map<string, Place>();

  constructor(readonly options: ScaleOptions) {
    this.rng = new Rng(options.seed);
    const { agents, racks } = options;
    this.mesos = new CheapMesos({
      clock: this.scheduler,
      rng: this.rng.fork("mesos"),
      hosts: agents,
      racks,
      resources: RESOURCES,
      onStarted: (taskId, agentId) => {
        const { cluster, slot } = this.find(taskId);
        cluster.start(taskId, slot, agentId);
      },
      onKilled: (taskId) => this.endContainer(taskId),
    });
    const network = { clock: this.scheduler, at: (ip: string) => this.at(ip) };
    this.agents = new CheapAgents({ ...network, onBeat: () => this.onBeat() });
    this.controller = new ScaleController({
      clock: this.scheduler,
      mesos: this.mesos,
      connectAgent: this.agents.connect,
      connectMember: connectCheapMembers(network),
      onReconcile: (reconcile) => this.onReconcile(reconcile),
    });
    for (let i = 0; i < options.clusters; i++) this.prepareCluster();
  }

  start(): void {
    this.readSpecs();
    this.controller.start();
  }

  get keys(): readonly ClusterKey[] {
    return [...this.clusters.keys()];
  }

  cluster(key: ClusterKey): CheapCluster {
    const cluster = this.clusters.get(key);
    if (cluster === undefined) throw new Error(`no cluster ${key}`);
    return cluster;
  }

  /** Somebody writes one more spec file. */
  createCluster(): ClusterKey {
    const key = this.prepareCluster();
    this.readSpecs();
    return key;
  }

  /** Somebody edits a spec file; no container has to be replaced for it. */
  editSpec(key: ClusterKey): void {
    const before = this.specs.get(key);
    if (before === undefined) throw new Error(`no cluster ${key}`);
    const { spec, written } = before;
    const proxy = { ...spec.proxy, holdSeconds: spec.proxy.holdSeconds + 1 };
    this.specs.set(key, { ...before, spec: { ...spec, proxy }, written: { ...written, proxy } });
    this.readSpecs();
  }

  /** As by `docker kill`: the machine goes on, and Mesos tells of it. */
  killContainer(key: ClusterKey, slot: number): void {
    const taskId = this.cluster(key).taskOf(slot);
    if (taskId === undefined) throw new Error(`slot ${slot} of ${key} has no container`);
    this.endContainer(taskId);
    this.mesos.containerEnded(taskId);
  }

  /** @returns how many containers were lost */
  loseRack(): number {
    const lost = this.mesos.loseRack(RACK);
    for (const taskId of lost) {
      const { cluster, slot } = this.find(taskId);
      cluster.vanish(slot, taskId);
      this.agents.silent(cluster.addressOf(slot));
    }
    return lost.length;
  }

  /** Runs until every cluster is Ready, or throws with who is not after `limitMs`. */
  async untilReady(limitMs: number): Promise<void> {
    const { ready, published } = this.controller;
    await this.run(limitMs, () => ready.size === this.clusters.size);
    const lacking = this.keys.filter((key) => !ready.has(key));
    const [first] = lacking;
    if (first === undefined) return;
    const condition = published.get(first)?.status.conditions.find((c) => c.type === "Ready");
    const why = condition?.message ?? "it has no status";
    throw new Error(`${lacking.length} clusters are not Ready; ${first}: ${why}`);
  }

  async pass(ms: number): Promise<void> {
    await this.run(ms, () => false);
  }

  /** Disasters of the fake etcds, as sentences. */
  violations(): readonly string[] {
    return [...this.clusters].flatMap(([key, { etcd }]) =>
      etcd.violations.map((v) => `${key}: ${v}`),
    );
  }

  private async run(ms: number, done: () => boolean): Promise<void> {
    const { scheduler } = this;
    const afterEach = () => {
      this.afterStep();
      return done();
    };
    await scheduler.run({ untilMs: scheduler.now() + ms, afterEach });
  }

  private prepareCluster(): ClusterKey {
    const spec = specOf(this.specs.size, this.options.nodes);
    const key = clusterKey(spec.metadata);
    const cluster: CheapCluster = new CheapCluster({
      clock: this.scheduler,
      rng: this.rng.fork(key),
      firstAddress: spec.spec.network.firstAddress,
      onStatus: (status) => this.agents.tell(cluster.addressOf(status.slot), status),
    });
    for (let slot = 0; slot < this.options.nodes; slot++) {
      this.addresses.set(cluster.addressOf(slot), { cluster, slot });
    }
    this.specs.set(key, spec);
    this.clusters.set(key, cluster);
    return key;
  }

  private readSpecs(): void {
    const clusters = [...this.specs.values()];
    const files = clusters.map((c) => c.source.file);
    this.controller.read(specSnapshot({ clusters, problems: [], files, complete: true }));
  }

  private endContainer(taskId: string): void {
    const { cluster, slot } = this.find(taskId);
    if (cluster.end(slot, taskId)) this.agents.closed(cluster.addressOf(slot));
  }

  private at(ip: string): Place {
    const place = this.addresses.get(ip);
    if (place === undefined) throw new Error(`nobody has the address ${ip}`);
    return place;
  }

  private find(taskId: string): Place {
    const [namespace = "", name = "", , slot] = taskId.split(".");
    return { cluster: this.cluster(clusterKey({ namespace, name })), slot: Number(slot) };
  }
}

interface Place {
  readonly cluster: CheapCluster;
  readonly slot: number;
}

function specOf(index: number, replicas: number): CompiledCluster {
  const name = `c${String(index).padStart(4, "0")}`;
  const [high, low] = [Math.floor(index / 250), index % 250];
  const base = fakeCluster({
    replicas,
    network: {
      name: `net-${name}`,
      driver: "bridge",
      ipamDriver: "default",
      subnet: `10.${high}.${low}.0/24`,
      firstAddress: `10.${high}.${low}.10`,
      options: {},
    },
    proxy: { address: "127.0.0.1", port: 10_000 + index, holdSeconds: 30, hostNames: [] },
    placement: {
      constraints: [{ field: "hostname", operator: "UNIQUE", value: null }],
      spread: "rack",
    },
  });
  const metadata = { ...base.metadata, name };
  return { ...base, metadata, source: { file: `${name}.yaml`, line: 1 } };
}
