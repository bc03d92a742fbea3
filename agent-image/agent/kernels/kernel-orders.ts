/**
 * What the leader's JupyterLab asks of kernels, written into etcd: which there are, and what is to be done with
 * them. Every write is fenced by the hosts table of its term, which the next leader's agent replaces: a server
 * that was deposed, and does not know it, changes nothing any more.
 */
import { createHash } from "node:crypto";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type {
  KernelExit,
  KernelsConfig,
  KernelSession,
  KernelSpec,
} from "../../../controller/model/kernels.ts";
import { writeValue } from "../../../controller/support/key-values.ts";
import type { ClusterStore } from "../naming/cluster-store.ts";
import type { EtcdClient, KeyChanges } from "../ports/etcd-client.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { Turn } from "../system/turn.ts";
import { fateOf, NODE_LOST_MESSAGE } from "./kernel-fate.ts";
import type { KernelRecord } from "./kernel-records.ts";
import { placeKernel } from "./place-kernel.ts";
import { OrderError, type Standing } from "./standing.ts";

const COMMIT_MS_MAX = 2_000;
const COMMIT_TRIES_MAX = 5;
/** Of a kernel: imports of a cold node take seconds. */
const LAUNCH_MS_MAX = 60_000;
const SIGNAL_MS_MAX = 4_000;
const REMOVE_MS_MAX = 4_000;
/** How long a question for a kernel's front waits for it. */
const FRONT_MS_MAX = 2_000;
/** More kernels than this are one mistake. */
const KERNELS_MAX = 500;
const DIGEST_LENGTH = 16;

export type Launch = Pick<KernelSpec, "name" | "argv" | "cwd" | "env">;

export interface KernelOrdersOptions extends Pick<AgentPorts, "clock" | "connectEtcd"> {
  readonly standing: Standing;
  readonly config: NodeConfig;
  readonly kernels: KernelsConfig;
  readonly store: ClusterStore;
}

export class KernelOrders {
  readonly standing: Standing;
  private readonly keys;
  /** One order of a kernel at a time. */
  private readonly turns = new Map<string, Turn>();
  private readonly lostAt = new Map<string, number>();
  private client: EtcdClient | null = null;

  constructor(private readonly options: KernelOrdersOptions) {
    const { config, standing } = options;
    this.standing = standing;
    this.keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
  }

  stop(): void {
    this.client?.close();
  }

  get records(): readonly KernelRecord[] {
    return [...(this.options.store.kernels?.kernels.values() ?? [])];
  }

  get sessions(): readonly KernelSession[] {
    return this.options.store.kernels?.sessions ?? [];
  }

  /** Of which kernels, in which incarnations, and which sessions there are to be. */
  get desired(): string {
    const kernels = this.records.map(({ spec }) => [spec.kernelId, spec.incarnation]);
    const text = JSON.stringify([kernels, this.sessions]);
    return createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
  }

  find(id: string): KernelRecord | null {
    return this.options.store.kernels?.kernels.get(id) ?? null;
  }

  /** Of one that does not live; null: nobody knows. */
  exitOf(record: KernelRecord): KernelExit | null {
    const { spec, status } = record;
    if (fateOf(record, this.options.store.data) !== "lost") return status?.exit ?? null;
    const { incarnation } = spec;
    const key = `${spec.kernelId} ${incarnation}`;
    const at = this.lostAt.get(key) ?? this.options.clock.now();
    this.lostAt.set(key, at);
    const why = { reason: "NodeLost", message: NODE_LOST_MESSAGE } as const;
    return { incarnation, at, ...why, code: null, signal: null };
  }

  /** True: it lives; null: its node says nothing. */
  isAlive(record: KernelRecord): boolean | null {
    const fate = fateOf(record, this.options.store.data);
    return fate === "unknown" ? null : fate === "alive";
  }

  /**
   * Starts it, or again; resolves when the server of this term can reach it.
   *
   * @param again also one that lives
   * @throws OrderError
   */
  launch(id: string, launch: Launch, again: boolean): Promise<KernelRecord> {
    return this.inTurn(id, async () => {
      const living = this.find(id);
      if (again || living === null || this.isAlive(living) === false) {
        await this.change(id, (record) => this.nextSpec(id, record, launch));
      }
      return this.reachable(id, LAUNCH_MS_MAX);
    });
  }

  /** @throws OrderError 504 when it cannot be reached in this term yet */
  async inTerm(id: string): Promise<KernelRecord> {
    return this.reachable(id, FRONT_MS_MAX);
  }

  /** Resolves when it was delivered. @throws OrderError */
  signal(id: string, signal: number): Promise<void> {
    return this.inTurn(id, async () => {
      const known = this.find(id);
      if (known === null) throw new OrderError(404, `no kernel ${id}`);
      if (this.isAlive(known) === false) throw new OrderError(409, "the kernel has ended");
      const seq = (known.spec.signal?.seq ?? 0) + 1;
      await this.change(id, (record) => {
        if (record === null) throw new OrderError(404, `no kernel ${id}`);
        return { ...record.spec, term: this.standing.now.term, signal: { seq, signal } };
      });
      await this.standing.until(SIGNAL_MS_MAX, "the kernel's node does not answer", () => {
        const record = this.find(id);
        return record === null || this.isAlive(record) === false || isDone(record, seq);
      });
    });
  }

  /** Resolves when it has ended, or its node is gone. @throws OrderError */
  remove(id: string): Promise<void> {
    return this.inTurn(id, async () => {
      const before = this.find(id);
      if (before === null) return;
      await this.change(id, () => null);
      this.turns.delete(id);
      if (this.isAlive(before) !== true) return;
      const { store } = this.options;
      await this.standing.until(REMOVE_MS_MAX, "the kernel's node does not answer", () => {
        return store.kernels?.leftBehind.includes(id) === false && this.find(id) === null;
      });
    });
  }

  async putSession(session: KernelSession): Promise<void> {
    const key = this.keys.kernelSession(session.sessionId);
    await this.commit({ conditions: [], puts: [{ key, value: writeValue(session) }], deletes: [] });
  }

  async removeSession(id: string): Promise<void> {
    const deletes = [this.keys.kernelSession(id)];
    await this.commit({ conditions: [], puts: [], deletes });
  }

  private inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = this.turns.get(id) ?? new Turn();
    this.turns.set(id, turn);
    return turn.take(work);
  }

  private nextSpec(id: string, before: KernelRecord | null, launch: Launch): KernelSpec {
    const { kernels, store, clock, config } = this.options;
    if (before === null && this.records.length >= KERNELS_MAX) {
      throw new OrderError(429, `there are ${KERNELS_MAX} kernels already`);
    }
    const stays = before === null ? undefined : memberOf(store, before.spec);
    const node = stays ?? placeKernel(kernels.placement, store.data, this.records, config.slot);
    if (node === null) throw new OrderError(503, "no node runs kernels just now");
    return {
      kernelId: id,
      ...launch,
      incarnation: (before?.spec.incarnation ?? 0) + 1,
      slot: node.slot,
      taskId: node.taskId,
      createdAt: before?.spec.createdAt ?? clock.now(),
      term: this.standing.now.term,
      signal: before?.spec.signal ?? null,
      lastExit: before && (this.exitOf(before) ?? before.status?.lastExit ?? before.spec.lastExit),
    };
  }

  /** @param next null: there shall be none */
  private async change(
    id: string,
    next: (record: KernelRecord | null) => KernelSpec | null,
  ): Promise<void> {
    const key = this.keys.kernelSpec(id);
    for (let tries = 0; tries < COMMIT_TRIES_MAX; tries += 1) {
      const record = this.find(id);
      const conditions = [{ key, modRevision: record?.revision ?? "0" }];
      const spec = next(record);
      const puts = spec === null ? [] : [{ key, value: writeValue(spec) }];
      if (await this.tryCommit({ conditions, puts, deletes: spec === null ? [key] : [] })) {
        // What follows waits for what this has brought about.
        const seen = () => this.find(id)?.revision !== record?.revision;
        return this.standing.until(COMMIT_MS_MAX, "the cluster's etcd does not tell", seen);
      }
    }
    throw new OrderError(503, "the cluster's etcd refuses: somebody else writes there too");
  }

  private async commit(changes: KeyChanges): Promise<void> {
    for (let tries = 0; tries < COMMIT_TRIES_MAX; tries += 1) {
      if (await this.tryCommit(changes)) return;
    }
    throw new OrderError(503, "the cluster's etcd refuses: somebody else writes there too");
  }

  /** @returns false when a condition does not hold, the fence's among them; then it was listed anew */
  private async tryCommit(changes: KeyChanges): Promise<boolean> {
    const { store, connectEtcd } = this.options;
    this.standing.require();
    const fence = { key: this.keys.hosts, modRevision: store.data.hostsRevision };
    const conditions = [fence, ...changes.conditions];
    try {
      const client = (this.client ??= await connectEtcd());
      if (await client.commit({ ...changes, conditions }, COMMIT_MS_MAX)) return true;
    } catch (error) {
      throw new OrderError(503, `the cluster's etcd does not answer: ${messageOf(error)}`);
    }
    store.refresh();
    await this.standing.nextNews(COMMIT_MS_MAX / COMMIT_TRIES_MAX);
    return false;
  }

  private async reachable(id: string, timeoutMs: number): Promise<KernelRecord> {
    const find = () => {
      const record = this.find(id);
      if (record === null) throw new OrderError(404, `no kernel ${id}`);
      return record;
    };
    await this.standing.until(timeoutMs, "the kernel cannot be reached yet", () => {
      const term = this.standing.requireElected();
      const record = find();
      const exit = this.exitOf(record);
      if (exit !== null && exit.incarnation === record.spec.incarnation) {
        throw new OrderError(500, exit.message);
      }
      const { status, spec } = record;
      const began = status !== null && status.incarnation >= spec.incarnation;
      return began && status.front?.term === term;
    });
    return find();
  }
}

function isDone({ status }: KernelRecord, seq: number): boolean {
  return status !== null && status.done >= seq;
}

/** The node on which it ran, if that lives, is the same container, and is to stay. */
function memberOf({ data: { members, desired } }: ClusterStore, { slot, taskId }: KernelSpec) {
  const stays = desired === null || desired.slots.some((wanted) => wanted.slot === slot);
  return stays ? members.find((m) => m.slot === slot && m.taskId === taskId) : undefined;
}
