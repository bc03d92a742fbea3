/** The orders of a leader's agent on an etcd of the test: keys with revisions, and who leads. */
import { KernelOrders } from "../../../../agent-image/agent/kernels/kernel-orders.ts";
import { decodeKernels } from "../../../../agent-image/agent/kernels/kernel-records.ts";
import { Standing } from "../../../../agent-image/agent/kernels/standing.ts";
import type { ClusterData } from "../../../../agent-image/agent/naming/cluster-data.ts";
import type { KeyChanges } from "../../../../agent-image/agent/ports/etcd-client.ts";
import type { EtcdHealth, NodeConfig } from "../../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../../controller/model/ids.ts";
import type { KernelSpec, KernelStatus } from "../../../../controller/model/kernels.ts";
import { kernelSpecOf } from "../../../../controller/support/kernel-values.ts";
import { readValue, writeValue } from "../../../../controller/support/key-values.ts";
import { ManualClock } from "../../../support/loop/manual-clock.ts";
import { aMember, aStatus } from "./kernel-fixtures.ts";

const TERM = 3;
const KEYS = etcdKeys({ namespace: "default", name: "lab" });

/** Slots 0 to 2, of which 0 leads and asks; the store of its agent as well. */
export class OrdersSite {
  readonly clock = new ManualClock(0);
  readonly orders: KernelOrders;
  readonly standing: Standing;
  commits = 0;
  /** Called before each commit is looked at. */
  onCommit: () => void = () => undefined;
  data: ClusterData;
  private readonly keys = new Map<string, { readonly value: string; readonly rev: number }>();
  private readonly listeners = new Set<() => void>();
  private rev = 10;

  constructor() {
    const members = [0, 1, 2].map((slot) => aMember(slot));
    const slots = members.map(({ slot, ip }) => ({ slot, ip }));
    const table = { clusterId: "c", term: TERM, leaderSlot: 0, generation: 1, names: [] };
    this.data = {
      ...{ desired: { generation: 1, slots }, members, hostsKey: "held", hostsRevision: "5" },
      hosts: table as unknown as ClusterData["hosts"],
    };
    const config = { namespace: "default", cluster: "lab", slot: 0 } as NodeConfig;
    const store = this as never;
    this.standing = new Standing({ clock: this.clock, config, store });
    this.isElected(TERM);
    this.orders = new KernelOrders({
      ...{ clock: this.clock, config, store, standing: this.standing },
      kernels: { placement: "spread", memoryMiB: 100, processes: 10 },
      connectEtcd: () => Promise.resolve({ commit: this.commit, close: () => undefined } as never),
    });
  }

  /** The local member says so. */
  isElected(raftTerm: number): void {
    const health = { leaderId: "1", memberId: "1", clusterId: "c", raftTerm };
    this.standing.setHealth(health as unknown as EtcdHealth);
  }

  spec(id: string): KernelSpec | null {
    const entry = this.keys.get(KEYS.kernelSpec(id));
    return entry === undefined ? null : readValue(entry.value, kernelSpecOf);
  }

  /** The kernel's node says it. */
  tells(id: string, patch: Partial<KernelStatus> = {}): void {
    const spec = this.spec(id);
    if (spec === null) throw new Error(`no kernel ${id}`);
    const ports = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };
    const term = this.standing.now.elected;
    const front = { term, ip: "10.0.0.1", ports, serverKey: "s".repeat(40), key: "k" };
    this.put(KEYS.kernelStatus(id), writeValue(aStatus(spec, { front, ...patch })));
  }

  /** The node has ended it, and takes its word back. */
  takesBack(id: string): void {
    this.keys.delete(KEYS.kernelStatus(id));
    this.changed();
  }

  /** Somebody else writes there. */
  overwrite(id: string, spec: KernelSpec): void {
    this.put(KEYS.kernelSpec(id), writeValue(spec));
  }

  change(data: Partial<ClusterData>): void {
    this.data = { ...this.data, ...data };
    this.changed();
  }

  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private put(key: string, value: string): void {
    this.rev += 1;
    this.keys.set(key, { value, rev: this.rev });
    this.changed();
  }

  private readonly commit = ({ conditions, puts, deletes }: KeyChanges): Promise<boolean> => {
    this.commits += 1;
    this.onCommit();
    const revisionOf = (key: string) =>
      key === KEYS.hosts ? this.data.hostsRevision : String(this.keys.get(key)?.rev ?? 0);
    if (!conditions.every((c) => revisionOf(c.key) === c.modRevision))
      return Promise.resolve(false);
    for (const key of deletes) this.keys.delete(key);
    for (const { key, value } of puts) this.put(key, value);
    // The watch tells of it after the answer.
    setImmediate(() => this.changed());
    return Promise.resolve(true);
  };

  refresh(): void {}

  subscribeKernels(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get kernels() {
    const entries = [...this.keys].map(([key, { value, rev }]) => {
      return { key, value, modRevision: String(rev) };
    });
    return decodeKernels(KEYS, entries);
  }
}
