/**
 * Keeps this node's {@link MemberRecord} in etcd under a lease, so that it vanishes with the node.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { MemberKernels, MemberRecord } from "../../../controller/model/naming.ts";
import { writeValue } from "../../../controller/support/key-values.ts";
import { canWrite } from "../etcd/health.ts";
import type { EtcdClient } from "../ports/etcd-client.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { SshKeys } from "../ssh/ssh-keys.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { ClusterStore } from "./cluster-store.ts";

const LEASE_TTL_SECONDS = 5;
/** Three chances within the TTL. */
const KEEP_ALIVE_MS = 1_600;
const IDLE_MS = 5_000;
const CALL_MS_MAX = 1_000;
const REVOKE_MS_MAX = 300;

export class Registration {
  private readonly task: RepeatingTask;
  private readonly key: string;
  private client: EtcdClient | null = null;
  private health: EtcdHealth | null = null;
  private keys: SshKeys | null = null;
  private kernels: MemberKernels | null = null;
  private lease: string | null = null;
  /** The record that the lease holds. */
  private written = "";

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "connectEtcd"> & {
      readonly config: NodeConfig;
      readonly store: ClusterStore;
      readonly board: StatusBoard;
      /** etcd did not answer, or refused. */
      readonly onFailure: () => void;
      /** It holds, and so does what else is kept under it. */
      readonly onLease: (lease: string) => void;
    },
  ) {
    const { config, store, clock, log } = options;
    const keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    this.key = keys.member(config.slot);
    this.task = new RepeatingTask({ name: "registration", clock, log, run: () => this.run() });
    this.task.start();
    store.subscribe(() => {
      if (this.lease !== null && !this.isSeen()) this.task.wake();
    });
  }

  setKeys(keys: SshKeys): void {
    this.keys = keys;
    this.task.wake();
  }

  setKernels(kernels: MemberKernels): void {
    this.kernels = kernels;
    this.task.wake();
  }

  setHealth(health: EtcdHealth | null): void {
    const could = canWrite(this.health) && this.health?.memberId === health?.memberId;
    this.health = health;
    if (canWrite(health) && !could) this.task.wake();
  }

  /** Takes the record away at once, so that nobody waits for the lease to end. */
  async stop(): Promise<void> {
    const { health, client, lease } = this;
    this.health = null;
    if (client !== null && lease !== null && canWrite(health)) {
      await client.revokeLease(lease, REVOKE_MS_MAX).catch((error: unknown) => {
        this.options.log.info({ error: messageOf(error) }, "lease is left to expire");
      });
    }
    // What is still under way fails at once.
    client?.close();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    const { board, onFailure, onLease } = this.options;
    const { health, keys } = this;
    if (!canWrite(health) || health === null || keys === null) return IDLE_MS;
    try {
      await this.register(this.recordOf(health, keys));
      if (this.lease !== null) onLease(this.lease);
      board.setProblem("registration", null);
      return KEEP_ALIVE_MS;
    } catch (error) {
      onFailure();
      board.setProblem("registration", `this node is not registered: ${messageOf(error)}`);
      throw error;
    }
  }

  private async register(record: MemberRecord): Promise<void> {
    const client = (this.client ??= await this.options.connectEtcd());
    const value = writeValue(record);
    const { lease } = this;
    if (lease !== null && !(await client.keepAlive(lease, CALL_MS_MAX))) this.lease = null;
    if (this.lease !== null && this.written === value && this.isSeen()) return;
    this.lease ??= await client.grantLease(LEASE_TTL_SECONDS, CALL_MS_MAX);
    await client.put(this.key, value, this.lease, CALL_MS_MAX);
    this.written = value;
  }

  private recordOf(health: EtcdHealth, keys: SshKeys): MemberRecord {
    const { slot, ip, taskId, ssh } = this.options.config;
    const { userKey, hostKey } = keys;
    return {
      slot,
      ip,
      taskId,
      memberId: health.memberId,
      ssh: { user: ssh.user, userKey, hostKey },
      ...(this.kernels === null ? {} : { kernels: this.kernels }),
    };
  }

  private isSeen(): boolean {
    const { store, config } = this.options;
    const seen = store.data.members.find((m) => m.slot === config.slot);
    return seen !== undefined && writeValue(seen) === this.written;
  }
}
