/** The kernels' keys of etcd, decoded. What is no such value as its owner writes is left out. Pure. */
import type { etcdKeys } from "../../../controller/model/ids.ts";
import type { KernelSession, KernelSpec, KernelStatus } from "../../../controller/model/kernels.ts";
import {
  kernelSessionOf,
  kernelSpecOf,
  kernelStatusOf,
} from "../../../controller/support/kernel-values.ts";
import { readValue } from "../../../controller/support/key-values.ts";
import type { KeyValue } from "../ports/etcd-client.ts";

export interface KernelRecord {
  readonly spec: KernelSpec;
  /** Of the key of its spec. */
  readonly revision: string;
  /** Null: its node has not told anything yet, or is gone. */
  readonly status: KernelStatus | null;
}

export interface KernelRecords {
  /** By kernel id; in the order in which they were created. */
  readonly kernels: ReadonlyMap<string, KernelRecord>;
  readonly sessions: readonly KernelSession[];
  /** Ids of kernels that have a status and are desired no more. */
  readonly leftBehind: readonly string[];
}

export const NO_KERNELS: KernelRecords = { kernels: new Map(), sessions: [], leftBehind: [] };

type Keys = ReturnType<typeof etcdKeys>;

export function decodeKernels(keys: Keys, entries: Iterable<KeyValue>): KernelRecords {
  const specs: { spec: KernelSpec; revision: string }[] = [];
  const statuses = new Map<string, KernelStatus>();
  const sessions: KernelSession[] = [];
  for (const { key, value, modRevision } of entries) {
    if (key.startsWith(keys.kernelSessions)) {
      const session = readValue(value, kernelSessionOf);
      if (session !== null && key === keys.kernelSession(session.sessionId)) sessions.push(session);
    } else if (key.startsWith(keys.kernels) && key.endsWith("/spec")) {
      const spec = readValue(value, kernelSpecOf);
      if (spec !== null && key === keys.kernelSpec(spec.kernelId)) {
        specs.push({ spec, revision: modRevision });
      }
    } else if (key.startsWith(keys.kernels)) {
      const status = readValue(value, kernelStatusOf);
      if (status !== null && key === keys.kernelStatus(status.kernelId)) {
        statuses.set(status.kernelId, status);
      }
    }
  }
  if (specs.length + statuses.size + sessions.length === 0) return NO_KERNELS;
  specs.sort((a, b) => a.spec.createdAt - b.spec.createdAt);
  const kernels = new Map(
    specs.map(({ spec, revision }): [string, KernelRecord] => {
      const status = statuses.get(spec.kernelId) ?? null;
      // One of another container says nothing of the kernel that is desired now.
      const own = status?.taskId === spec.taskId ? status : null;
      return [spec.kernelId, { spec, revision, status: own }];
    }),
  );
  const leftBehind = [...statuses.keys()].filter((id) => !kernels.has(id));
  return { kernels, sessions, leftBehind };
}
