/**
 * Kernels that belong to the cluster (docs/kernels.md): what is desired of each lies in the cluster's etcd, written by
 * the leader's agent; what is true of it beside that, written by the agent of the node on which it runs.
 */

/** What a node's agent is told of them at launch. */
export interface KernelsConfig {
  readonly placement: "leader" | "spread";
  /** Of one kernel and all that it has started; null: what the node leaves for all of them together. */
  readonly memoryMiB: number | null;
  /** Processes and threads of one kernel and all that it has started. */
  readonly processes: number;
}

/** Value of the etcd key `kernels/{id}/spec`. */
export interface KernelSpec {
  readonly kernelId: string;
  /** Of the kernel specification, such as `python3`. */
  readonly name: string;
  /** Counts the starts; a higher one replaces the process. */
  readonly incarnation: number;
  readonly slot: number;
  /** Of the node; a kernel is not started in another container than it was meant for. */
  readonly taskId: string;
  /** `{connection_file}` in it is replaced by the keeper. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  /** Raft term of the leader that wrote it. */
  readonly term: number;
  /** The latest that was asked for. */
  readonly signal: { readonly seq: number; readonly signal: number } | null;
  /** Of an earlier incarnation, wherever that was; null: it is the first. */
  readonly lastExit: KernelExit | null;
}

export const KERNEL_STATES = ["starting", "idle", "busy", "dead"] as const;
export type KernelState = (typeof KERNEL_STATES)[number];

export const KERNEL_EXIT_REASONS = [
  "OutOfMemory",
  "TooManyProcesses",
  "NodeLost",
  "Exited",
  "Killed",
  "LaunchFailed",
] as const;
export type KernelExitReason = (typeof KERNEL_EXIT_REASONS)[number];

export interface KernelExit {
  readonly incarnation: number;
  readonly at: number;
  readonly reason: KernelExitReason;
  /** A sentence for whoever has the notebook open. */
  readonly message: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** Where one raft term's server reaches a kernel's keeper, by ZeroMQ with CURVE. */
export interface KernelFront {
  readonly term: number;
  readonly ip: string;
  readonly ports: {
    readonly shell: number;
    readonly iopub: number;
    readonly stdin: number;
    readonly control: number;
    readonly hb: number;
  };
  /** The keeper's public key, in Z85. */
  readonly serverKey: string;
  /** Signs the kernel's messages: a secret. */
  readonly key: string;
}

/** Value of the etcd key `kernels/{id}/status`, under the lease of its node's agent. */
export interface KernelStatus {
  readonly kernelId: string;
  readonly incarnation: number;
  readonly slot: number;
  readonly taskId: string;
  readonly state: KernelState;
  /** Of the state. */
  readonly since: number;
  readonly memoryBytes: number;
  readonly front: KernelFront | null;
  /** Number of the last signal that was delivered. */
  readonly done: number;
  /** Of this incarnation; null: it lives. */
  readonly exit: KernelExit | null;
  /** The latest one, of whichever incarnation. */
  readonly lastExit: KernelExit | null;
}

/** Value of the etcd key `kernel-sessions/{id}`: a row of Jupyter's sessions. */
export interface KernelSession {
  readonly sessionId: string;
  /** Of the notebook, or whatever else it is, below the shared storage. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly kernelId: string;
}

/** What the controller keeps of an end. */
export type ToldExit = Pick<KernelExit, "incarnation" | "at" | "reason" | "message">;

/** One kernel as the controller remembers it: told of last, by whichever leader's agent. */
export interface RememberedKernel
  extends Pick<KernelView, "id" | "name" | "notebook" | "slot" | "taskId" | "incarnation"> {
  /** The latest end, of which people have been told; null: it has never ended. */
  readonly lastExit: ToldExit | null;
}

/** One kernel as the leader's agent sees it: for status and planner, without secrets. */
export interface KernelView {
  readonly id: string;
  /** Of the kernel specification. */
  readonly name: string;
  /** Of the notebook or console that it belongs to, below the shared storage; null: of none. */
  readonly notebook: string | null;
  readonly slot: number;
  readonly taskId: string;
  readonly incarnation: number;
  /** `unknown`: its node says nothing; `lost`: the container in which it ran is gone. */
  readonly state: KernelState | "unknown" | "lost";
  /** Null with `unknown` and `lost`. */
  readonly since: number | null;
  readonly memoryBytes: number | null;
  readonly lastExit: KernelExit | null;
}

/** What people know it by: its notebook, else what it is. */
export function kernelTitle({ notebook, name, id }: KernelIdentity): string {
  return notebook ?? `${name} ${id.slice(0, 8)}`;
}

type KernelIdentity = Pick<KernelView, "id" | "name" | "notebook">;

/** Those that have something to lose. */
export function livingKernels<T extends Pick<KernelView, "state">>(
  kernels: readonly T[],
): readonly T[] {
  return kernels.filter(({ state }) => state !== "dead" && state !== "lost");
}
