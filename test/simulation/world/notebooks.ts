/**
 * People with notebooks: kernels that belong to a cluster, each in one container, busy and idle by turns. Simulated is
 * what the leader's agent tells of them; that agents run and record them as they are told, real containers show.
 */
import type { KernelView } from "../../../controller/model/kernels.ts";
import type { Rng } from "../engine/rng.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { World } from "./world.ts";

export interface Kernel {
  readonly id: string;
  readonly container: Container;
  /** It ends no cell that it begins. */
  readonly endless: boolean;
  readonly startedAt: number;
  /** Milliseconds since the epoch; null: it is idle. */
  busySince: number | null;
}

const LOOK_MS = 500;
/** In one container. */
const KERNELS_MAX = 2;
/** How long the record of a kernel outlives its node: its lease. */
const LEASE_MS = 5_000;

export class Notebooks {
  private readonly kernels = new Map<string, Kernel>();
  /** Kernel -> when its container was first seen to be gone. */
  private readonly goneSince = new Map<string, number>();
  private started = 0;
  private quiet = false;

  constructor(
    private readonly world: World,
    private readonly rng: Rng,
  ) {}

  start(): void {
    this.look();
  }

  /** Nobody does anything any more: what is busy stays so. */
  end(): void {
    this.quiet = true;
  }

  /** In this container. */
  of(taskId: string): readonly Kernel[] {
    return [...this.kernels.values()].filter(({ container }) => container.config.taskId === taskId);
  }

  private look(): void {
    for (const container of this.world.containers()) this.use(container);
    for (const name of this.world.user.names()) this.tell(name);
    this.world.scheduler.after(LOOK_MS, () => this.look());
  }

  private use(container: Container): void {
    const { rng, quiet } = this;
    const status = this.world.nodeOf(container)?.status;
    if (quiet || !container.running || status?.phase !== "running") return;
    if (container.config.kernels === undefined) return;
    const now = this.world.now();
    const theirs = this.of(container.config.taskId);
    for (const kernel of theirs) {
      if (kernel.busySince === null && rng.chance(0.1)) kernel.busySince = now;
      else if (kernel.busySince !== null && !kernel.endless && rng.chance(0.05)) {
        kernel.busySince = null;
      }
    }
    if (theirs.length >= KERNELS_MAX || !rng.chance(0.03)) return;
    const id = `k${this.started++}`;
    const endless = rng.chance(0.3);
    this.kernels.set(id, { id, container, endless, startedAt: now, busySince: null });
    this.world.trace.add("user", "starts a kernel", container.config.taskId, id);
  }

  /** By whoever leads, as far as its own etcd knows. */
  private tell(cluster: string): void {
    for (const container of this.world.containers()) {
      const node = this.world.nodeOf(container);
      if (container.config.cluster !== cluster || node === null || node.status === null) continue;
      const { etcd } = node.status;
      const leads = etcd !== null && etcd.leaderId === etcd.memberId;
      const told = leads && container.config.kernels !== undefined;
      if (!node.hangs) node.board.update({ kernels: told ? this.seenFrom(container) : null });
    }
  }

  private seenFrom(leader: Container): readonly KernelView[] {
    const { cluster } = leader.config;
    const mine = [...this.kernels.values()].filter((k) => k.container.config.cluster === cluster);
    return mine.flatMap((kernel) => this.viewOf(kernel, leader) ?? []);
  }

  /** Null: its user has seen that it is lost, and shut it down. */
  private viewOf(kernel: Kernel, leader: Container): KernelView | null {
    const { id, container, startedAt, busySince } = kernel;
    const { slot, taskId } = container.config;
    const now = this.world.now();
    const told = {
      ...{ id, name: "python3", notebook: null, slot, taskId, incarnation: 1 },
      lastExit: null,
    };
    const reaches = this.world.network.partitions.connects(container.name, leader.name);
    if (container.running && reaches) {
      this.goneSince.delete(id);
      const state = busySince === null ? "idle" : "busy";
      return { ...told, state, since: busySince ?? startedAt, memoryBytes: 1 };
    }
    const since = this.goneSince.get(id) ?? now;
    this.goneSince.set(id, since);
    const state = busySince === null ? "idle" : "busy";
    if (now - since < LEASE_MS)
      return { ...told, state, since: busySince ?? startedAt, memoryBytes: 1 };
    const silent = { ...told, since: null, memoryBytes: null };
    if (container.running || !this.hasSuccessor(container)) return { ...silent, state: "unknown" };
    if (now - since < 4 * LEASE_MS) return { ...silent, state: "lost" };
    this.kernels.delete(id);
    return null;
  }

  private hasSuccessor({ config }: Container): boolean {
    return this.world
      .containers()
      .some(
        (c) => c.config.cluster === config.cluster && c.config.slot === config.slot && c.running,
      );
  }
}
