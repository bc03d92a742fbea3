/** Memories that earlier releases stored, as those of today. Pure. */
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import { type ClusterMemory, NONE_WEDGED } from "./memory.ts";
import { NO_RECOVERY } from "./recovery-memory.ts";
import { withPresentNames } from "./renamed.ts";
import { sameData } from "./same-data.ts";

/** What a controller of an earlier version stored lacks what came since. */
export function completeMemory(old: ClusterMemory): ClusterMemory {
  const { slots: oldSlots, recovery: oldRecovery, elections: oldElections } = old;
  const ours = { slots: oldSlots, recovery: oldRecovery, elections: oldElections };
  const stored = { ...old, ...(withPresentNames(ours) as typeof ours) };
  const slots = stored.slots.map((s) => ({
    ...s,
    isLearner: s.isLearner ?? false,
    lastHostname: s.lastHostname ?? null,
    lastFailureHostname: s.lastFailureHostname ?? null,
    endedAt: s.endedAt ?? null,
    orphan: s.orphan ?? null,
    repair: s.repair ?? null,
    task: s.task && {
      ...s.task,
      resumes: s.task.resumes ?? false,
      etcdFailingSince: s.task.etcdFailingSince ?? null,
      oomKills: s.task.oomKills ?? 0,
      diskFull: s.task.diskFull ?? false,
      storageMounts: s.task.storageMounts ?? 0,
      wedgedUnits: s.task.wedgedUnits ?? NONE_WEDGED,
      jupyterDeadSince: s.task.jupyterDeadSince ?? null,
      storageDeadSince: s.task.storageDeadSince ?? null,
      kernelWait: s.task.kernelWait ?? null,
    },
  }));
  const recovery = { ...NO_RECOVERY, ...stored.recovery };
  const cluster = { ...stored.cluster, spec: completeSpec(stored.cluster.spec) };
  const secrets = { ...stored.secrets, authorityKey: stored.secrets.authorityKey ?? null };
  // Those that were told in fewer words cannot be told in more.
  const elections = (stored.elections ?? []).filter((e) => Array.isArray(e.learned));
  const compactedAt = stored.compactedAt ?? null;
  const adopted = stored.adopted ?? [];
  const { leftJupyterAt = null, leftStorageAt = null } = stored as Partial<ClusterMemory>;
  const { generation, cluster: inForce } = stored;
  const first = { generation, at: null, spec: inForce.written };
  const generations = stored.generations ?? [first];
  const {
    rebalance = null,
    operations = [],
    conditionChanges = [],
    notified = null,
    hostTask = null,
    hostTasks = 0,
    launchBlock = null,
    resumed = null,
    kernels = null,
  } = stored as Partial<ClusterMemory>;
  const since = {
    generations,
    compactedAt,
    leftJupyterAt,
    leftStorageAt,
    adopted,
    rebalance,
    operations,
    conditionChanges,
    notified,
    hostTask,
    hostTasks,
    launchBlock,
    resumed,
    kernels,
  };
  return { ...stored, ...since, cluster, secrets, slots, recovery, elections };
}

/**
 * As it is stored: what a release before does not know, and nobody uses, is left out, so that one that comes
 * back finds the spec that it knows and not another generation. {@link completeMemory} gives it back.
 */
export function leanMemory(memory: ClusterMemory): ClusterMemory {
  const { idle, ...jupyter } = memory.cluster.spec.jupyter;
  const { standby, ...etcd } = memory.cluster.spec.etcd;
  const whole = {
    ...memory.cluster.spec,
    etcd: standby === "none" ? etcd : memory.cluster.spec.etcd,
    jupyter: sameData(idle, NO_IDLE) ? jupyter : { ...jupyter, idle },
  };
  const { kernels, ...others } = whole;
  const spec = sameData(kernels, KERNELS_OF_THE_SERVER) ? others : whole;
  return { ...memory, cluster: { ...memory.cluster, spec: spec as ClusterSpec } };
}

const NO_IDLE: ClusterSpec["jupyter"]["idle"] = {
  kernelsAfterSeconds: 0,
  terminalsAfterSeconds: 0,
};
/** As every release before 0.2.0 had them. */
const KERNELS_OF_THE_SERVER: ClusterSpec["kernels"] = {
  placement: "server",
  memoryMiB: null,
  processes: 1024,
  busyWaitSeconds: 300,
};

/** Of a cluster whose file is gone or wrong, so that it is not read anew: the schema's defaults. */
function completeSpec(spec: ClusterSpec): ClusterSpec {
  const snapshots = { intervalSeconds: 300, keep: 12, maxMiB: 10_240, directory: null };
  const since: Pick<ClusterSpec["etcd"], "tls" | "quotaMiB" | "recovery" | "standby"> = {
    tls: false,
    quotaMiB: 2048,
    recovery: { mode: "Automatic", graceSeconds: 10 },
    standby: "none",
  };
  const etcd = { ...since, ...spec.etcd, snapshots: { ...snapshots, ...spec.etcd.snapshots } };
  const proxy = { ...spec.proxy, hostNames: spec.proxy.hostNames ?? [] };
  const resources = { ...spec.resources, pids: spec.resources.pids ?? 4096 };
  const jupyter = { ...spec.jupyter, idle: spec.jupyter.idle ?? NO_IDLE };
  const kernels = { ...KERNELS_OF_THE_SERVER, ...spec.kernels };
  return { ...spec, etcd, proxy, resources, jupyter, kernels };
}
