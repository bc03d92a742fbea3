/**
 * Runs the kernels that are desired of this node, and tells what is true of them in etcd, under the
 * node's lease. The agents need no other way to one another.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { KernelsConfig, KernelSpec, KernelStatus } from "../../../controller/model/kernels.ts";
import { sameData } from "../../../controller/model/same-data.ts";
import { writeValue } from "../../../controller/support/key-values.ts";
import { jupyterEnv } from "../jupyter/jupyter-config.ts";
import { hasLeader } from "../etcd/health.ts";
import type { ClusterStore } from "../naming/cluster-store.ts";
import type { EtcdClient } from "../ports/etcd-client.ts";
import type { KernelHost } from "../ports/kernel-host.ts";
import type { AgentPorts, LineLog } from "../ports/ports.ts";
import { readMemory } from "../system/memory-watch.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { User } from "../system/user.ts";
import { type Elected, electedOf, frontOwner } from "./front-owner.ts";
import { KeptKernel } from "./kept-kernel.ts";

const IDLE_MS = 5_000;
const WRITE_MS_MAX = 1_000;
/** A kernel that runs one short cell after another is told of no more often than this. */
const STATE_EVERY_MS = 300;
/** How much its memory must have changed to be told. */
const MEMORY_STEP = 0.1;
/**
 * The limit that Linux itself holds to (RLIMIT_NPROC) counts the processes of all nodes on the host: it only
 * keeps a fork bomb in bounds until the agent has counted and ended it.
 */
const NPROC_FACTOR = 4;

export interface NodeKernelsOptions
  extends Pick<AgentPorts, "clock" | "log" | "files" | "processes" | "connectEtcd"> {
  readonly config: NodeConfig;
  readonly kernels: KernelsConfig;
  readonly host: KernelHost;
  readonly store: ClusterStore;
  readonly output: LineLog;
}

interface Written {
  readonly lease: string;
  readonly value: string;
  readonly status: KernelStatus;
  readonly at: number;
}

export class NodeKernels {
  readonly kept = new Map<string, KeptKernel>();
  private readonly task: RepeatingTask;
  private readonly keys;
  private readonly written = new Map<string, Written>();
  private client: EtcdClient | null = null;
  private user: User | null = null;
  private health: EtcdHealth | null = null;
  private elected: Elected | null = null;
  private lease: string | null = null;

  constructor(private readonly options: NodeKernelsOptions) {
    const { config, clock, log, store } = options;
    this.keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    this.task = new RepeatingTask({ name: "kernels", clock, log, run: () => this.run() });
    store.subscribeKernels(() => {
      this.openFronts();
      this.task.wake();
    });
  }

  /** Programs can be run as this user, on the shared storage. */
  start(user: User): void {
    this.user = user;
    this.task.start();
  }

  setHealth(health: EtcdHealth | null): void {
    const could = hasLeader(this.health);
    this.health = health;
    const { elected } = this;
    this.elected = electedOf(health, elected);
    // At once: the task may be at a write that waits for the next leader.
    if (this.elected !== elected) this.openFronts();
    // What had to wait for a quorum: the next leader cannot reach a kernel before it is told of it.
    if (this.elected !== elected || (hasLeader(health) && !could)) this.task.wake();
  }

  setLease(lease: string): void {
    if (lease === this.lease) return;
    this.lease = lease;
    this.task.wake();
  }

  /** Ends the kernels, as the node does. */
  async stop(): Promise<void> {
    this.client?.close();
    await this.task.stop();
    await Promise.all([...this.kept.values()].map((kernel) => kernel.stop()));
  }

  private async run(): Promise<number> {
    const { config, store } = this.options;
    const { kernels: records } = store;
    // Not told yet is not gone.
    if (records === null) return IDLE_MS;
    const own = [...records.kernels.values()]
      .map(({ spec }) => spec)
      .filter(({ slot, taskId }) => slot === config.slot && taskId === config.taskId);
    await this.endOthers(new Set(own.map(({ kernelId }) => kernelId)));
    for (const spec of own) await this.follow(spec);
    return this.tell();
  }

  private async endOthers(wanted: ReadonlySet<string>): Promise<void> {
    for (const [id, kernel] of this.kept) {
      if (wanted.has(id)) continue;
      this.options.log.info({ kernel: id }, "kernel is wanted no more");
      await kernel.stop();
      this.kept.delete(id);
    }
  }

  private async follow(spec: KernelSpec): Promise<void> {
    let kernel = this.kept.get(spec.kernelId);
    if (kernel === undefined) {
      kernel = this.newKernel(spec);
      this.kept.set(spec.kernelId, kernel);
    }
    if (spec.incarnation > kernel.incarnation) await kernel.start(spec);
    this.openFronts();
    const { signal } = spec;
    if (signal !== null && signal.seq > kernel.done) kernel.signal(signal.seq, signal.signal);
  }

  /** Of every kernel that has a keeper, to whoever may reach it now. */
  private openFronts(): void {
    const owner = frontOwner(this.options.store.data, this.elected);
    if (owner === null) return;
    for (const kernel of this.kept.values()) {
      if (kernel.keeperPid !== null) kernel.openFront(owner.term, owner.clientKey);
    }
  }

  private newKernel(spec: KernelSpec): KeptKernel {
    const { config, kernels, files } = this.options;
    const { user } = this;
    if (user === null) throw new Error("a kernel is started without a user");
    const options = {
      ...{
        user,
        ip: config.ip,
        env: jupyterEnv(user, null),
        nproc: kernels.processes * NPROC_FACTOR,
      },
      oomKills: async () => (await readMemory(files))?.oomKills ?? 0,
      onChange: () => this.task.wake(),
    };
    return new KeptKernel(spec.kernelId, { ...this.options, ...options }, spec);
  }

  /** @returns milliseconds until there is more to tell */
  private async tell(): Promise<number> {
    const { health, lease } = this;
    if (lease === null || !hasLeader(health)) return IDLE_MS;
    const client = (this.client ??= await this.options.connectEtcd());
    let waitMs = IDLE_MS;
    try {
      for (const kernel of this.kept.values()) {
        waitMs = Math.min(waitMs, await this.tellOf(kernel, lease, client));
      }
      await this.takeBack(client);
    } catch (error) {
      this.options.log.warn({ error: messageOf(error) }, "kernels cannot be told of in etcd");
      throw error;
    }
    return waitMs;
  }

  private async tellOf(kernel: KeptKernel, lease: string, client: EtcdClient): Promise<number> {
    const before = this.written.get(kernel.id);
    const status = this.statusOf(kernel, before);
    const value = writeValue(status);
    if (before?.lease === lease && before.value === value) return IDLE_MS;
    const now = this.options.clock.now();
    const onlyState =
      before !== undefined && before.lease === lease && sameBut(before.status, status);
    const waitMs = onlyState ? before.at + STATE_EVERY_MS - now : 0;
    if (waitMs > 0) return waitMs;
    await client.put(this.keys.kernelStatus(kernel.id), value, lease, WRITE_MS_MAX);
    this.written.set(kernel.id, { lease, value, status, at: now });
    return IDLE_MS;
  }

  /** Statuses of kernels that this node has ended. */
  private async takeBack(client: EtcdClient): Promise<void> {
    for (const id of this.written.keys()) {
      if (this.kept.has(id)) continue;
      const deletes = [this.keys.kernelStatus(id)];
      await client.commit({ conditions: [], puts: [], deletes }, WRITE_MS_MAX);
      this.written.delete(id);
    }
  }

  private statusOf(kernel: KeptKernel, before: Written | undefined): KernelStatus {
    const { slot, taskId } = this.options.config;
    const { incarnation, state, since, front, done, exit, lastExit } = kernel;
    const told = before?.status.memoryBytes ?? 0;
    const step = Math.abs(kernel.memoryBytes - told) > told * MEMORY_STEP;
    const memoryBytes = step ? kernel.memoryBytes : told;
    const fate = { front, done, exit, lastExit };
    return { kernelId: kernel.id, incarnation, slot, taskId, state, since, memoryBytes, ...fate };
  }
}

/** Whether nothing has changed but how busy it is. */
function sameBut(a: KernelStatus, b: KernelStatus): boolean {
  const { state, since, memoryBytes } = b;
  return sameData({ ...a, state, since, memoryBytes }, b);
}
