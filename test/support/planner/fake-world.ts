/**
 * A world in memory that carries out the planner's actions at once and can be broken: one Mesos
 * agent, containers with volumes, an etcd with members, quorum and terms; no time, no network.
 */
import type { Action } from "../../../controller/model/action.ts";
import type {
  AgentOrder,
  AgentStatus,
  EtcdData,
  EtcdMember,
} from "../../../controller/model/agent-api.ts";
import { memberNameOf, peerUrl, slotAddress } from "../../../controller/model/ids.ts";
import {
  assignNames,
  type DesiredSlots,
  type HostsTable,
} from "../../../controller/model/naming.ts";
import {
  fresh,
  type Observed,
  type ObservedOffer,
  type ObservedTask,
} from "../../../controller/model/observed.ts";
import { fakeAgent, fakeOffer, fakeTask } from "./fixtures.ts";

interface Container {
  readonly taskId: string;
  readonly slot: number;
  running: boolean;
  order: AgentOrder | null;
}

interface Volume {
  memberId: string;
  /** Index up to which this member's log goes. */
  index: number;
}

export class FakeWorld {
  readonly tasks = new Map<string, ObservedTask>();
  readonly volumes = new Map<number, Volume>();
  /** Disasters, as sentences. Empty in a correct run. */
  readonly violations: string[] = [];
  members: EtcdMember[] = [];
  clusterIds: string[] = [];
  leaderSlot: number | null = null;
  term = 0;
  index = 0;
  desired: DesiredSlots | null = null;
  hosts: HostsTable | null = null;
  network = false;
  proxy: Observed["proxy"] = null;
  /** Slots whose agents nobody hears. */
  readonly blind = new Set<number>();
  /** Containers launched while this is set run without Jupyter. */
  launchesFaulty = false;
  private readonly faulty = new Set<string>();
  private readonly containers = new Map<number, Container>();
  private nextMember = 1;

  constructor(
    readonly firstAddress: string,
    readonly offers: () => readonly ObservedOffer[] = () => [fakeOffer()],
  ) {}

  observed(): Observed {
    return {
      mesos: fresh({
        frameworkId: "framework",
        reconciled: true,
        tasks: this.tasks,
        offers: this.offers(),
      }),
      local: true,
      network: fresh(
        this.network ? { state: "present", subnet: "172.30.0.0/24" } : { state: "absent" },
      ),
      image: fresh({ state: "present", reference: "image" }),
      agents: new Map(
        [...this.containers.values()]
          .filter((c) => c.running && !this.blind.has(c.slot))
          .map((c) => [c.taskId, fresh(this.agentOf(c))]),
      ),
      proxy: this.proxy,
    };
  }

  apply(action: Action): void {
    switch (action.type) {
      case "EnsureNetwork":
        this.network = true;
        return;
      case "EnsureVolume":
        return;
      case "EnsureProxy": {
        const { address, port, holdSeconds } = action.proxy;
        this.proxy = { listening: true, address, port, error: null, target: null, holdSeconds };
        return;
      }
      case "LaunchTasks":
        action.tasks.forEach((t, i) => this.launch(t.task_id.value, action.slots[i] as number));
        return;
      case "KillTask":
        return this.end(action.taskId, "TASK_KILLED");
      case "OrderAgent":
        return this.order(action.slot, action.taskId, action.order);
      case "AddLearner":
        return this.addLearner(action.slot, action.peerUrl);
      case "PromoteMember":
        this.members = this.members.map((m) =>
          m.id === action.memberId ? { ...m, isLearner: false } : m,
        );
        return;
      case "RemoveMember":
        return this.removeMember(action.memberId);
      case "MoveLeader":
        this.term += 1;
        this.leaderSlot = action.toSlot;
        return;
      case "PutDesired":
        this.desired = action.desired;
    }
  }

  /** What the parts do by themselves between two visits: run, elect, name, follow. */
  settle(): void {
    for (const container of this.containers.values()) {
      container.running = true;
      this.setState(container.taskId, "TASK_RUNNING");
      this.startEtcd(container);
    }
    this.elect();
    this.index += 1;
    if (this.leaderSlot !== null) {
      for (const c of this.serving()) {
        const volume = this.volumes.get(c.slot);
        if (volume) volume.index = this.index;
      }
      this.writeHosts(this.leaderSlot);
    }
    const ip = this.leaderSlot === null ? null : slotAddress(this.firstAddress, this.leaderSlot);
    if (this.proxy) {
      this.proxy = { ...this.proxy, target: ip ? { ip, port: 8888, term: this.term } : null };
    }
  }

  /** The container of a slot dies as by `docker kill`. */
  kill(slot: number): void {
    const container = this.containers.get(slot);
    if (container) this.end(container.taskId, "TASK_FAILED");
  }

  loseVolume(slot: number): void {
    this.kill(slot);
    this.volumes.delete(slot);
  }

  runningSlots(): number[] {
    return [...this.containers.keys()].sort((a, b) => a - b);
  }

  taskOf(slot: number): string | undefined {
    return this.containers.get(slot)?.taskId;
  }

  private launch(taskId: string, slot: number): void {
    if (this.tasks.has(taskId)) this.violations.push(`task id ${taskId} was used twice`);
    if (this.containers.has(slot)) this.violations.push(`slot ${slot} has two live tasks`);
    this.tasks.set(taskId, fakeTask(taskId, "TASK_STAGING"));
    if (this.launchesFaulty) this.faulty.add(taskId);
    this.containers.set(slot, { taskId, slot, running: false, order: null });
  }

  private end(taskId: string, state: "TASK_KILLED" | "TASK_FAILED"): void {
    if (!this.tasks.has(taskId)) return;
    this.setState(taskId, state);
    for (const [slot, c] of this.containers) if (c.taskId === taskId) this.containers.delete(slot);
    if (this.leaderSlot !== null && !this.containers.has(this.leaderSlot)) this.leaderSlot = null;
    this.elect();
  }

  private setState(taskId: string, state: ObservedTask["state"]): void {
    const task = this.tasks.get(taskId);
    if (task) this.tasks.set(taskId, { ...task, state });
  }

  private order(slot: number, taskId: string, order: AgentOrder): void {
    const container = this.containers.get(slot);
    if (container?.taskId !== taskId || container.order !== null) return;
    const { etcd } = order;
    const volume = this.volumes.get(slot);
    if (etcd.mode === "bootstrap") this.bootstrap(slot, volume);
    else if (etcd.mode === "join") this.volumes.set(slot, { memberId: etcd.memberId, index: 0 });
    else if (!volume) this.violations.push(`slot ${slot} was told to resume without data`);
    container.order = order;
  }

  private bootstrap(slot: number, volume: Volume | undefined): void {
    if (volume) this.violations.push(`slot ${slot} was bootstrapped over data`);
    if (this.index > 0 && this.leaderSlot !== null && this.term > 1) {
      this.violations.push(`slot ${slot} was bootstrapped into a cluster that has run`);
    }
    const id = `m${this.nextMember++}`;
    this.volumes.set(slot, { memberId: id, index: 0 });
    const ip = slotAddress(this.firstAddress, slot);
    const name = memberNameOf(slot);
    this.members = [...this.members, { id, name, peerUrls: [peerUrl(ip)], isLearner: false }];
    if (this.clusterIds.length === 0) this.clusterIds.push("c1");
  }

  private startEtcd({ slot, order }: Container): void {
    const memberId = this.volumes.get(slot)?.memberId;
    if (order === null || memberId === undefined) return;
    const name = memberNameOf(slot);
    this.members = this.members.map((m) => (m.id === memberId ? { ...m, name } : m));
  }

  private addLearner(slot: number, url: string): void {
    if (this.members.some((m) => m.peerUrls.includes(url))) return;
    if (this.members.some((m) => m.isLearner)) {
      this.violations.push(`slot ${slot} was added as a second learner`);
    }
    const id = `m${this.nextMember++}`;
    this.members = [...this.members, { id, name: "", peerUrls: [url], isLearner: true }];
  }

  private removeMember(memberId: string): void {
    const member = this.members.find((m) => m.id === memberId);
    if (member === undefined) return;
    this.members = this.members.filter((m) => m.id !== memberId);
    const alive = this.serving().length;
    if (alive < this.quorum()) this.violations.push(`removing ${memberId} gave up the quorum`);
  }

  /** Voters whose etcd runs. */
  private serving(): Container[] {
    return [...this.containers.values()].filter((c) => {
      const id = this.volumes.get(c.slot)?.memberId;
      const member = this.members.find((m) => m.id === id);
      return c.running && c.order !== null && member !== undefined && !member.isLearner;
    });
  }

  private quorum(): number {
    return Math.floor(this.members.filter((m) => !m.isLearner).length / 2) + 1;
  }

  private elect(): void {
    const voters = this.serving();
    if (voters.length === 0 || voters.length < this.quorum()) {
      this.leaderSlot = null;
      return;
    }
    if (this.leaderSlot !== null && voters.some((c) => c.slot === this.leaderSlot)) return;
    this.term += 1;
    this.leaderSlot = voters[this.term % voters.length]?.slot ?? null;
  }

  private writeHosts(leaderSlot: number): void {
    const slots = this.desired?.slots ?? [];
    if (!slots.some((s) => s.slot === leaderSlot)) return;
    const names = assignNames(this.hosts, slots, leaderSlot);
    this.hosts = { term: this.term, leaderSlot, names };
  }

  private agentOf({ slot, taskId, order }: Container): AgentStatus {
    const volume = this.volumes.get(slot);
    const data: EtcdData = volume
      ? { state: "present", memberId: volume.memberId, clusterId: "c1", raftIndex: volume.index }
      : { state: "empty" };
    const member = this.members.find((m) => m.id === volume?.memberId);
    const leaderVolume = this.leaderSlot === null ? undefined : this.volumes.get(this.leaderSlot);
    const serves = order !== null && member !== undefined && volume !== undefined;
    return fakeAgent({
      slot,
      taskId,
      phase: order === null ? "awaiting-order" : "running",
      orderId: order?.orderId ?? null,
      data,
      etcdExited: order !== null && member === undefined,
      jupyterReady: !this.faulty.has(taskId),
      hosts: this.hosts,
      sshKnownSlots: this.runningSlots(),
      etcd: serves
        ? {
            memberId: volume.memberId,
            clusterId: "c1",
            version: "3.5.16",
            raftTerm: this.term,
            raftIndex: volume.index,
            leaderId: leaderVolume?.memberId ?? null,
            isLearner: member.isLearner,
            dbSizeBytes: 20_480,
            members: this.leaderSlot === null ? null : this.members,
            alarms: [],
          }
        : null,
    });
  }
}
