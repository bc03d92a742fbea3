/**
 * A world in memory that carries out the planner's actions at once and can be broken: one Mesos
 * agent, containers with volumes, an etcd with members, quorum and terms; no time, no network.
 */
import type { Action } from "../../../controller/model/action.ts";
import type {
  AgentStatus,
  EtcdMember,
  StartCommand as SentCommand,
  UnitName,
  UnitStatus,
} from "../../../controller/model/agent-api.ts";
import type { Holding } from "../../../controller/model/holdings.ts";
import { slotAddress } from "../../../controller/model/ids.ts";
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
  type Source,
} from "../../../controller/model/observed.ts";
import type { Unavailability } from "../../../controller/model/offer.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { FakeEtcd } from "./fake-etcd.ts";
import { fakeAgent, fakeOffer, fakeTask, NOTHING_UNUSUAL } from "./fixtures.ts";
import { unwell } from "./unwell.ts";

type StartCommand = Omit<SentCommand, "tls">;

interface Container {
  readonly taskId: string;
  readonly slot: number;
  running: boolean;
  command: StartCommand | null;
  snapshot: AgentStatus["snapshot"];
}

export class FakeWorld {
  readonly tasks = new Map<string, ObservedTask>();
  /** Hosts that go down, by their Mesos agent. */
  maintenance: ReadonlyMap<string, Unavailability> = new Map();
  readonly etcd: FakeEtcd;
  desired: DesiredSlots | null = null;
  hosts: HostsTable | null = null;
  network = false;
  /** The containers run on the engine of the controller's own machine. */
  local = true;
  /** Volumes and networks that are there. */
  holdings: readonly Holding[] = [];
  authEnabled = false;
  proxy: Observed["proxy"] = null;
  snapshots: Source<readonly SnapshotInfo[]> = fresh([]);
  /** Ids of snapshots that cannot be handed over. */
  readonly damaged = new Set<string>();
  /** Slots whose agents nobody hears. */
  readonly blind = new Set<number>();
  /** How many processes of a slot's container ended for want of memory. */
  readonly oomKills = new Map<number, number>();
  /** What the leader's agent tells of kernels. */
  kernels: AgentStatus["kernels"] = null;
  /** Units of slots that are not well; the rest of what they say is as ever. */
  readonly units = new Map<number, Partial<Record<UnitName, Partial<UnitStatus>>>>();
  /** Slots whose agents say that the shared storage is not there, and why. */
  readonly storageFaults = new Map<number, string>();
  /** Containers launched while this is set run without Jupyter. */
  launchesFaulty = false;
  private readonly faulty = new Set<string>();
  private readonly containers = new Map<number, Container>();

  constructor(
    readonly firstAddress: string,
    public offers: () => readonly ObservedOffer[] = () => [fakeOffer()],
  ) {
    this.etcd = new FakeEtcd(firstAddress, () =>
      [...this.containers.values()].filter((c) => c.running && c.command).map((c) => c.slot),
    );
  }

  /** Disasters, as sentences. Empty in a correct run. */
  get violations(): string[] {
    return this.etcd.violations;
  }

  get members(): readonly EtcdMember[] {
    return this.etcd.members;
  }

  get leaderSlot(): number | null {
    return this.etcd.leaderSlot;
  }

  observed(): Observed {
    const { tasks, snapshots, proxy } = this;
    const subnet = "172.30.0.0/24";
    return {
      mesos: fresh({
        frameworkId: "framework",
        reconciled: true,
        tasks,
        offers: this.offers(),
        maintenance: this.maintenance,
      }),
      local: this.local,
      network: fresh(this.network ? { state: "present", subnet } : { state: "absent" }),
      image: fresh({ state: "present", reference: "image" }),
      holdings: fresh(this.holdings),
      agents: new Map(
        [...this.containers.values()]
          .filter((c) => c.running && !this.blind.has(c.slot))
          .map((c) => [c.taskId, fresh(this.agentOf(c))]),
      ),
      ...NOTHING_UNUSUAL,
      snapshots,
      keys: fresh(
        this.authEnabled ? { authEnabled: true } : { authEnabled: false, desired: this.desired },
      ),
      proxy,
    };
  }

  apply(action: Action): void {
    switch (action.type) {
      case "EnsureNetwork":
        this.network = true;
        return;
      case "EnsureProxy": {
        this.proxy = { ...action.proxy, listening: true, error: null, target: null };
        return;
      }
      case "LaunchTasks":
        action.tasks.forEach((t, i) => this.launch(t.task_id.value, action.slots[i] as number));
        return;
      case "KillTask":
        return this.end(action.taskId, "TASK_KILLED");
      case "StartEtcd":
        return this.command(action.slot, action.taskId, action.command);
      case "AddLearner":
        return this.etcd.addLearner(action.slot, action.peerUrl);
      case "PromoteMember":
        return this.etcd.promote(action.memberId);
      case "RemoveMember":
        return this.etcd.remove(action.memberId);
      case "MoveLeader":
        this.etcd.term += 1;
        this.etcd.leaderSlot = action.toSlot;
        return;
      case "PutDesired":
        this.desired = action.desired;
        return;
      case "DisableAuth":
        this.authEnabled = false;
        return;
      case "SendSnapshot": {
        const container = this.containers.get(action.slot);
        if (container && !this.damaged.has(action.snapshot.id)) {
          container.snapshot = action.snapshot;
        }
        return;
      }
      case "EnsureVolume":
      case "SaveSnapshot":
      case "DeleteSnapshots":
      case "Compact":
      case "DisarmAlarm":
      case "Defragment":
      case "EndOrphan":
      case "ReleaseAddress":
        return;
      case "RunHostTask":
        this.tasks.set(
          action.task.task_id.value,
          fakeTask(action.task.task_id.value, "TASK_STAGING"),
        );
        return;
    }
  }

  /** What the parts do by themselves between two reconciles: run, elect, name, follow. */
  settle(): void {
    for (const container of this.containers.values()) {
      container.running = true;
      this.setState(container.taskId, "TASK_RUNNING");
    }
    this.etcd.settle();
    const { leaderSlot, term } = this.etcd;
    if (leaderSlot !== null) this.writeHosts(leaderSlot);
    const ip = leaderSlot === null ? null : slotAddress(this.firstAddress, leaderSlot);
    if (this.proxy) {
      this.proxy = { ...this.proxy, target: ip ? { ip, port: 8888, term } : null };
    }
  }

  /** The container of a slot dies as by `docker kill`, or as Mesos says. */
  kill(slot: number, message: string | null = null): void {
    const container = this.containers.get(slot);
    if (container) this.end(container.taskId, "TASK_FAILED", message);
  }

  loseVolume(slot: number): void {
    this.kill(slot);
    this.etcd.volumes.delete(slot);
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
    this.containers.set(slot, { taskId, slot, running: false, command: null, snapshot: null });
  }

  private end(
    taskId: string,
    state: "TASK_KILLED" | "TASK_FAILED",
    message: string | null = null,
  ): void {
    const task = this.tasks.get(taskId);
    if (task === undefined) return;
    this.tasks.set(taskId, { ...task, state, message: message ?? task.message });
    for (const [slot, c] of this.containers) if (c.taskId === taskId) this.containers.delete(slot);
    const { leaderSlot } = this.etcd;
    if (leaderSlot !== null && !this.containers.has(leaderSlot)) this.etcd.leaderSlot = null;
    this.etcd.elect();
  }

  private setState(taskId: string, state: ObservedTask["state"]): void {
    const task = this.tasks.get(taskId);
    if (task) this.tasks.set(taskId, { ...task, state });
  }

  /** An agent whose etcd has a leader takes no other command. */
  private command(slot: number, taskId: string, command: StartCommand): void {
    const container = this.containers.get(slot);
    if (container?.taskId !== taskId || container.command?.commandId === command.commandId) return;
    const busy = container.command !== null && this.etcd.healthOf(slot)?.leaderId != null;
    if (busy) {
      this.violations.push(`slot ${slot} was told to ${command.etcd.mode} while it serves`);
      return;
    }
    this.carryOut(slot, command, container.snapshot);
    container.command = command;
  }

  private carryOut(
    slot: number,
    { etcd, commandId }: StartCommand,
    snapshot: AgentStatus["snapshot"],
  ): void {
    const lacks = etcd.mode === "restore" && etcd.snapshot?.sha256 !== snapshot?.sha256;
    if (lacks) this.violations.push(`slot ${slot} was told to restore what it does not have`);
    if (etcd.mode === "bootstrap") this.etcd.bootstrap(slot);
    else if (etcd.mode === "join") this.etcd.join(slot, etcd.memberId);
    else if (etcd.mode === "restore") this.etcd.restore(slot, etcd.clusterId, etcd.token);
    else if (!this.etcd.volumes.has(slot)) {
      this.violations.push(`slot ${slot} was told to ${etcd.mode} without data`);
    } else if (etcd.mode === "force-new-cluster") this.etcd.force(slot, commandId);
  }

  private writeHosts(leaderSlot: number): void {
    const slots = this.desired?.slots ?? [];
    if (!slots.some((s) => s.slot === leaderSlot)) return;
    const names = assignNames(this.hosts, slots, leaderSlot);
    const clusterId = this.etcd.clusterIds.at(-1) ?? "";
    this.hosts = { clusterId, term: this.etcd.term, leaderSlot, names };
  }

  private agentOf({ slot, taskId, command, snapshot }: Container): AgentStatus {
    const fault = this.storageFaults.get(slot);
    const told = fakeAgent({
      slot,
      taskId,
      phase: command === null ? "awaiting-start" : "running",
      commandId: command?.commandId ?? null,
      data: this.etcd.dataOf(slot),
      snapshot,
      etcdExited: command !== null && !this.etcd.isMember(slot),
      jupyterReady: !this.faulty.has(taskId),
      hosts: this.hosts,
      sshKnownSlots: this.runningSlots(),
      memory: { limitBytes: 768 * 2 ** 20, oomKills: this.oomKills.get(slot) ?? 0 },
      etcd: command === null ? null : this.etcd.healthOf(slot),
      kernels: slot === this.leaderSlot ? this.kernels : null,
    });
    return unwell(told, this.units.get(slot), fault);
  }
}
