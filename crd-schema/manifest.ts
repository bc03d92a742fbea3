/** A compiled cluster as the document that compiles to it, with every default written out. */
import type { DefaultedManifest } from "./jupytercluster.types.ts";
import type { CompiledCluster } from "./spec.ts";

export function manifestOf({ metadata, spec }: CompiledCluster): DefaultedManifest {
  const { resources, etcd, placement } = spec;
  return {
    apiVersion: "jupytercluster.dev/v1alpha1",
    kind: "JupyterCluster",
    metadata: {
      ...metadata,
      labels: { ...metadata.labels },
      annotations: { ...metadata.annotations },
    },
    spec: {
      replicas: spec.replicas,
      ...(spec.image === null ? {} : { image: spec.image }),
      resources: {
        cpus: resources.cpus,
        memory: `${resources.memoryMiB}Mi`,
        disk: `${resources.diskMiB}Mi`,
        pids: resources.pids,
      },
      network: { ...spec.network, options: { ...spec.network.options } },
      storage: { shared: { ...spec.storage.shared } },
      etcd: writtenEtcd(etcd),
      jupyter: { ...spec.jupyter, idle: { ...spec.jupyter.idle } },
      kernels: writtenKernels(spec.kernels),
      ssh: { user: spec.ssh.user, authorizedKeys: [...spec.ssh.authorizedKeys] },
      proxy: { ...spec.proxy, hostNames: [...spec.proxy.hostNames] },
      placement: {
        constraints: placement.constraints.map(({ field, operator, value }) =>
          value === null ? { field, operator } : { field, operator, value },
        ),
        ...(placement.spread === null ? {} : { spread: placement.spread }),
      },
      unreachable: { ...spec.unreachable },
      backoff: { ...spec.backoff },
      updateStrategy: { type: spec.updateStrategy },
      deletionPolicy: spec.deletionPolicy,
      suspend: spec.suspend,
    },
  };
}

function writtenKernels({
  memoryMiB,
  ...kernels
}: CompiledCluster["spec"]["kernels"]): DefaultedManifest["spec"]["kernels"] {
  return { ...kernels, ...(memoryMiB === null ? {} : { memory: `${memoryMiB}Mi` }) };
}

function writtenEtcd(etcd: CompiledCluster["spec"]["etcd"]): DefaultedManifest["spec"]["etcd"] {
  const { directory, maxMiB, ...snapshots } = etcd.snapshots;
  return {
    tls: etcd.tls,
    dataVolume: etcd.dataVolume,
    heartbeatMilliseconds: etcd.heartbeatMs,
    electionMilliseconds: etcd.electionMs,
    quota: `${etcd.quotaMiB}Mi`,
    snapshots: {
      ...snapshots,
      maxSize: `${maxMiB}Mi`,
      ...(directory === null ? {} : { directory }),
    },
    recovery: { ...etcd.recovery },
    standby: etcd.standby,
  };
}
