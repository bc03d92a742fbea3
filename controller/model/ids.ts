/** Identities and the names that derive from them. Everything here is pure. */

/** `namespace/name`, the key of one JupyterCluster everywhere inside the controller. */
export type ClusterKey = string;

export interface ClusterRef {
  readonly namespace: string;
  readonly name: string;
}

/** Uid of the cluster that made something; null: of early 0.1.0, which gave none. */
export type OwnerUid = string | null;

export function clusterKey(ref: ClusterRef): ClusterKey {
  return `${ref.namespace}/${ref.name}`;
}

export function parseClusterKey(key: ClusterKey): ClusterRef {
  const slash = key.indexOf("/");
  if (slash <= 0) throw new Error(`not a cluster key: ${key}`);
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * The Mesos task id of the `launch`-th launch in a slot. A launch number is never used twice
 * (the counter is durable), so neither is a task id.
 */
export function taskIdOf(ref: ClusterRef, uid: string, slot: number, launch: number): string {
  return `${ref.namespace}.${ref.name}.${uid.slice(0, 8)}.${slot}.${launch}`;
}

/** Whether it is one of the slot's first `launches` tasks. */
export function isLaunchOf(
  taskId: string,
  ref: ClusterRef,
  uid: string,
  { slot, launches }: { readonly slot: number; readonly launches: number },
): boolean {
  const launch = Number(taskId.split(".").at(-1));
  return launch >= 1 && launch <= launches && taskId === taskIdOf(ref, uid, slot, launch);
}

/** Of the `number`-th command on an agent's host, which is no slot's task (host-task.ts). */
export function hostTaskIdOf(ref: ClusterRef, uid: string, number: number): string {
  return `${ref.namespace}.${ref.name}.${uid.slice(0, 8)}.${HOST}.${number}`;
}

/** In the place of the slot. */
const HOST = "host";

export function isHostTask(taskId: string): boolean {
  return taskId.split(".").at(-2) === HOST;
}

/** Whether it is a task of this cluster, and not of another person's of the same name. */
export function isTaskOf(taskId: string, ref: ClusterRef, uid: string): boolean {
  return taskId.startsWith(`${ref.namespace}.${ref.name}.${uid.slice(0, 8)}.`);
}

/**
 * Whose task this is; null: the id is none of {@link taskIdOf}'s or {@link hostTaskIdOf}'s. No part of such an id has a dot.
 */
export function clusterOfTask(taskId: string): ClusterKey | null {
  const [namespace, name, ...rest] = taskId.split(".");
  if (!namespace || !name || rest.length !== 3) return null;
  return clusterKey({ namespace, name });
}

/** Name of a slot's etcd member. It stays the same whatever XXX-k name the slot bears. */
export function memberNameOf(slot: number): string {
  return `slot-${slot}`;
}

/** The slot of an etcd member name, or null when the name is not one of ours. */
export function slotOfMemberName(name: string): number | null {
  const match = /^slot-(\d+)$/.exec(name);
  return match ? Number(match[1]) : null;
}

/** The stable hostname inside the container of a slot (the XXX-k names move, this does not). */
export function slotHostname(cluster: string, slot: number): string {
  return `${cluster}-slot-${slot}`;
}

/** The role name XXX-k. */
export function nodeName(cluster: string, index: number): string {
  return `${cluster}-${index}`;
}

/** Address of a slot: firstAddress + slot. IPv4 dotted quad. */
export function slotAddress(firstAddress: string, slot: number): string {
  const value = ipv4ToNumber(firstAddress) + slot;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function ipv4ToNumber(address: string): number {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) {
    throw new Error(`not an IPv4 address: ${address}`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export const ETCD_CLIENT_PORT = 2379;
export const ETCD_PEER_PORT = 2380;

/** How members of one cluster are spoken to (spec.etcd). */
export interface EtcdTransport {
  readonly tls: boolean;
}

export function peerUrl(ip: string, { tls }: EtcdTransport): string {
  return `${tls ? "https" : "http"}://${ip}:${ETCD_PEER_PORT}`;
}

export function clientUrl(ip: string, { tls }: EtcdTransport): string {
  return `${tls ? "https" : "http"}://${ip}:${ETCD_CLIENT_PORT}`;
}

/**
 * etcd's gRPC API prints 64-bit ids in decimal, its log and `etcdctl` in lower-case hexadecimal
 * without leading zeros. Ours are always the latter.
 */
export function hexId(decimal: string | bigint): string {
  return BigInt(decimal).toString(16);
}

export function decimalId(hex: string): string {
  return BigInt(`0x${hex}`).toString(10);
}

/** Docker label and Mesos label names that others may rely on. */
export const LABELS = {
  namespace: "jupytercluster.dev/namespace",
  cluster: "jupytercluster.dev/cluster",
  slot: "jupytercluster.dev/slot",
  task: "jupytercluster.dev/task",
  /** Of the cluster that made a volume or a network. */
  uid: "jupytercluster.dev/uid",
  /** For people: who did, and on which state directory. */
  createdBy: "jupytercluster.dev/created-by",
} as const;

/** Begins the names of the volumes with the slots' data; the slot's number ends them. */
export function dataVolumePrefix({ namespace, name }: ClusterRef): string {
  return `jupyter-cluster-${namespace}-${name}-slot-`;
}

export function dataVolumeName(ref: ClusterRef, slot: number): string {
  return dataVolumePrefix(ref) + String(slot);
}

/** Keys in the cluster's own etcd, all below `/jupytercluster.dev/{namespace}/{name}/`. */
export function etcdKeys(ref: ClusterRef) {
  const prefix = `/jupytercluster.dev/${ref.namespace}/${ref.name}/`;
  return {
    prefix,
    /** The same JSON object that the HTTP API serves. Written by the controller. */
    status: `${prefix}status`,
    /** {@link HostsTable}. Written by the leader's agent, fenced by raft term and revision. */
    hosts: `${prefix}hosts`,
    /** {@link DesiredSlots}. Written by the controller. */
    desired: `${prefix}desired`,
    /** Prefix of each kernel's `spec` and `status` (model/kernels.ts). */
    kernels: `${prefix}kernels/`,
    kernelSpec: (id: string) => `${prefix}kernels/${id}/spec`,
    /** Under the lease of its node's agent. */
    kernelStatus: (id: string) => `${prefix}kernels/${id}/status`,
    kernelSessions: `${prefix}kernel-sessions/`,
    kernelSession: (id: string) => `${prefix}kernel-sessions/${id}`,
    /** Prefix of the {@link MemberRecord}s, each under its agent's lease. */
    members: `${prefix}members/`,
    member: (slot: number) => `${prefix}members/${slot}`,
  };
}
