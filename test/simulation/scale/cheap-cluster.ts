/**
 * The containers of one cluster and their etcd, as their agents tell of them: who runs, who is a
 * member, who leads. An election is a delay, a log is a number.
 */
import { GRPCFailedPreconditionError } from "etcd3";
import type { StartCommand, AgentStatus } from "../../../controller/model/agent-api.ts";
import {
  assignNames,
  type DesiredSlots,
  type HostsTable,
} from "../../../controller/model/naming.ts";
import { slotAddress } from "../../../controller/model/ids.ts";
import { sameData } from "../../../controller/model/same-data.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { FakeEtcd } from "../../support/planner/fake-etcd.ts";
import { fakeAgent } from "../../support/planner/fixtures.ts";
import type { Rng } from "../engine/rng.ts";

export interface CheapClusterOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly firstAddress: string;
  /** Its agent tells something new. */
  onStatus(status: AgentStatus): void;
}

interface Container {
  readonly taskId: string;
  readonly slot: number;
  /** False: its machine is off, and its address swallows what is sent. */
  reachable: boolean;
  /** Its agent answers. */
  up: boolean;
  order: StartCommand | null;
  etcdRuns: boolean;
  jupyterReady: boolean;
  told: AgentStatus | null;
  telling: boolean;
}

/** From the container's process to its agent's API. Milliseconds. */
const AGENT_UP_MS = { min: 150, max: 400 };
const ETCD_UP_MS = { min: 200, max: 400 };
const JUPYTER_UP_MS = { min: 1_000, max: 2_000 };
/** An election timeout of 200 ms, and the votes. */
const ELECTION_MS = { min: 200, max: 400 };
/** What a member writes reaches the others, and their agents see it. */
const APPLIED_MS = 10;
const TOLD_MS = { min: 1, max: 25 };

export class CheapCluster {
  readonly etcd: FakeEtcd;
  private readonly containers = new Map<number, Container>();
  /** Slot -> agent id of the machine that has its data volume. */
  private readonly homes = new Map<number, string>();
  private desired: DesiredSlots | null = null;
  private hosts: HostsTable | null = null;
  private settling = false;

  constructor(private readonly options: CheapClusterOptions) {
    this.etcd = new FakeEtcd(options.firstAddress, () =>
      [...this.containers.values()].filter((c) => c.reachable && c.etcdRuns).map((c) => c.slot),
    );
  }

  start(taskId: string, slot: number, agentId: string): void {
    const { clock, rng } = this.options;
    if (this.homes.get(slot) !== agentId) this.etcd.volumes.delete(slot);
    this.homes.set(slot, agentId);
    const container: Container = {
      taskId,
      slot,
      reachable: true,
      up: false,
      order: null,
      etcdRuns: false,
      jupyterReady: false,
      told: null,
      telling: false,
    };
    this.containers.set(slot, container);
    clock.after(rng.integer(AGENT_UP_MS.min, AGENT_UP_MS.max), () => {
      container.up = true;
      this.tell(container);
    });
  }

  /** @returns whether such a container was there */
  end(slot: number, taskId: string): boolean {
    const container = this.containers.get(slot);
    if (container?.taskId !== taskId) return false;
    container.reachable = false;
    this.containers.delete(slot);
    this.lostFromEtcd(slot);
    return true;
  }

  /** Its machine goes off: nobody says so. */
  vanish(slot: number, taskId: string): void {
    const container = this.containers.get(slot);
    if (container?.taskId !== taskId) return;
    container.reachable = false;
    this.lostFromEtcd(slot);
  }

  addressOf(slot: number): string {
    return slotAddress(this.options.firstAddress, slot);
  }

  /** Its agent listens. */
  answers(slot: number): boolean {
    const container = this.containers.get(slot);
    return container?.reachable === true && container.up;
  }

  isReachable(slot: number): boolean {
    return this.containers.get(slot)?.reachable === true;
  }

  taskOf(slot: number): string | undefined {
    return this.containers.get(slot)?.taskId;
  }

  /** Throws when nobody leads. */
  get leaderSlot(): number {
    const { leaderSlot } = this.etcd;
    if (leaderSlot === null) throw new Error("nobody leads");
    return leaderSlot;
  }

  /** The first of those that follow. */
  get followerSlot(): number {
    return this.leaderSlot === 0 ? 1 : 0;
  }

  /** What its agent last told; null: nobody answers there, or not yet. */
  statusOf(slot: number): AgentStatus | null {
    const container = this.containers.get(slot);
    return container?.reachable === true ? container.told : null;
  }

  /** @throws Error when no agent answers there */
  order(slot: number, order: StartCommand): void {
    const { clock, rng } = this.options;
    const container = this.containers.get(slot);
    if (container?.up !== true) throw new Error("connection refused");
    if (container.order?.commandId === order.commandId) return;
    container.order = order;
    const { etcd } = order;
    if (etcd.mode === "bootstrap") this.etcd.bootstrap(slot);
    else if (etcd.mode === "join") this.etcd.join(slot, etcd.memberId);
    else if (etcd.mode !== "resume") throw new Error(`${etcd.mode} where no quorum is ever lost`);
    this.tell(container);
    clock.after(rng.integer(ETCD_UP_MS.min, ETCD_UP_MS.max), () => {
      container.etcdRuns = true;
      this.settleSoon();
    });
    this.startJupyter(container);
  }

  /** Its process ends, and the agent starts it again. */
  crashJupyter(slot: number): void {
    const container = this.containers.get(slot);
    if (container?.jupyterReady !== true) throw new Error(`no Jupyter serves in slot ${slot}`);
    container.jupyterReady = false;
    this.tell(container);
    this.startJupyter(container);
  }

  put(desired: DesiredSlots): void {
    this.desired = desired;
    this.settleSoon();
  }

  addLearner(slot: number, peerUrl: string): void {
    this.etcd.addLearner(slot, peerUrl);
    this.settleSoon();
  }

  removeMember(memberId: string): void {
    this.etcd.remove(memberId);
    this.settleSoon();
  }

  promote(slot: number, memberId: string): void {
    if (this.containers.get(slot)?.etcdRuns !== true) {
      const refusal = "can only promote a learner member which is in sync with leader";
      throw new GRPCFailedPreconditionError(`etcdserver: ${refusal}`);
    }
    this.etcd.promote(memberId);
    this.settleSoon();
  }

  private startJupyter(container: Container): void {
    const { clock, rng } = this.options;
    clock.after(rng.integer(JUPYTER_UP_MS.min, JUPYTER_UP_MS.max), () => {
      container.jupyterReady = true;
      this.tell(container);
    });
  }

  private lostFromEtcd(slot: number): void {
    if (this.etcd.leaderSlot === slot) this.etcd.leaderSlot = null;
    this.settleSoon();
    for (const container of this.containers.values()) this.tell(container);
  }

  private settleSoon(): void {
    if (this.settling) return;
    this.settling = true;
    const { clock, rng } = this.options;
    const electing = this.etcd.leaderSlot === null;
    const delayMs = electing ? rng.integer(ELECTION_MS.min, ELECTION_MS.max) : APPLIED_MS;
    clock.after(delayMs, () => {
      this.settling = false;
      this.etcd.settle();
      this.writeHosts();
      for (const container of this.containers.values()) this.tell(container);
    });
  }

  /** As the leader's agent does. */
  private writeHosts(): void {
    const { leaderSlot, term } = this.etcd;
    const slots = this.desired?.slots ?? [];
    if (leaderSlot === null || !slots.some((s) => s.slot === leaderSlot)) return;
    const names = assignNames(this.hosts, slots, leaderSlot);
    const clusterId = this.etcd.clusterIds.at(-1) ?? "";
    const table = { clusterId, term, leaderSlot, names };
    if (!sameData(this.hosts, table)) this.hosts = table;
  }

  private tell(container: Container): void {
    if (container.telling || !container.up) return;
    container.telling = true;
    const { clock, rng } = this.options;
    clock.after(rng.integer(TOLD_MS.min, TOLD_MS.max), () => {
      container.telling = false;
      if (!container.reachable) return;
      const status = this.look(container);
      if (container.told !== null && sameData(container.told, status, SEQUENCE)) return;
      container.told = { ...status, sequence: (container.told?.sequence ?? 0) + 1 };
      this.options.onStatus(container.told);
    });
  }

  private look({ slot, taskId, order, etcdRuns, jupyterReady }: Container): AgentStatus {
    const member = this.etcd.isMember(slot);
    return fakeAgent({
      slot,
      taskId,
      phase: order === null ? "awaiting-start" : "running",
      commandId: order?.commandId ?? null,
      data: this.etcd.dataOf(slot),
      snapshot: null,
      etcdExited: etcdRuns && !member,
      jupyterReady,
      hosts: this.hosts,
      sshKnownSlots: this.hosts?.names.map((n) => n.slot) ?? [],
      etcd: etcdRuns ? this.etcd.healthOf(slot) : null,
    });
  }
}

/** With every write the log goes on; that alone is no news. */
const SEQUENCE: ReadonlySet<string> = new Set(["sequence", "raftIndex"]);
