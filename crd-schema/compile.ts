/** A valid document to its compiled form: defaults filled in, quantities in one unit. Pure. */
import type { DefaultedManifest } from "./jupytercluster.types.ts";
import type { ClusterSpec, CompiledCluster, ObjectMeta } from "./spec.ts";
import type { JupyterClusterManifest } from "./jupytercluster.types.ts";
import { compileStorage } from "./storage/table.ts";
import { withDefaults } from "./validate.ts";
import { addressText, parseSubnet, subnetText } from "./values/ipv4.ts";
import { cores, mebibytes } from "./values/quantities.ts";

/** Without a firstAddress, slot 0 has the subnet's base plus this; what is below stays free. */
const FIRST_ADDRESS_OFFSET = 10;

/**
 * @param manifest accepted by `validateDocument` and `checkWritten`
 * @throws a manifest that they refuse: a mistake of the caller
 */
export function compileManifest(
  manifest: JupyterClusterManifest,
  source: CompiledCluster["source"],
): CompiledCluster {
  const { metadata, spec } = withDefaults(manifest);
  return { metadata, spec: compileSpec(metadata, spec), written: { ...manifest.spec }, source };
}

function compileSpec(metadata: ObjectMeta, spec: DefaultedManifest["spec"]): ClusterSpec {
  const { resources, etcd, jupyter, kernels, ssh, proxy, unreachable, backoff } = spec;
  return {
    replicas: spec.replicas,
    image: spec.image ?? null,
    resources: {
      cpus: cores(resources.cpus),
      memoryMiB: mebibytes(resources.memory),
      diskMiB: mebibytes(resources.disk),
      pids: resources.pids,
    },
    network: compileNetwork(metadata, spec.network),
    storage: { shared: compileStorage(metadata, spec.storage.shared) },
    etcd: compileEtcd(etcd, spec.network.driver),
    jupyter: {
      port: jupyter.port,
      auth: jupyter.auth,
      standby: jupyter.standby,
      idle: {
        kernelsAfterSeconds: jupyter.idle.kernelsAfterSeconds,
        terminalsAfterSeconds: jupyter.idle.terminalsAfterSeconds,
      },
    },
    kernels: {
      placement: kernels.placement,
      memoryMiB: kernels.memory === undefined ? null : mebibytes(kernels.memory),
      processes: kernels.processes,
      busyWaitSeconds: kernels.busyWaitSeconds,
    },
    ssh: { user: ssh.user, authorizedKeys: ssh.authorizedKeys },
    proxy: {
      address: proxy.address,
      port: proxy.port,
      holdSeconds: proxy.holdSeconds,
      hostNames: proxy.hostNames,
    },
    placement: {
      constraints: spec.placement.constraints.map(({ field, operator, value }) => ({
        field,
        operator,
        value: value === undefined ? null : String(value),
      })),
      spread: spec.placement.spread ?? null,
    },
    unreachable: { replaceAfterSeconds: unreachable.replaceAfterSeconds },
    backoff: {
      initialSeconds: backoff.initialSeconds,
      factor: backoff.factor,
      maxSeconds: backoff.maxSeconds,
    },
    updateStrategy: spec.updateStrategy.type,
    deletionPolicy: spec.deletionPolicy,
    suspend: spec.suspend,
  };
}

/**
 * On one host no heartbeat is late, even under load, and an election costs 0.2 s; between hosts a
 * false election costs more than a late one. Milliseconds.
 */
const HEARTBEAT_ONE_HOST = 20;
const HEARTBEAT_MANY_HOSTS = 100;
/** etcd's own advice: an election timeout of ten heartbeats; it refuses more than 50 s. */
const HEARTBEATS_PER_ELECTION = 10;
const ELECTION_MAX = 50_000;

function compileEtcd(etcd: DefaultedManifest["spec"]["etcd"], driver: string): ClusterSpec["etcd"] {
  const { snapshots, recovery } = etcd;
  const usual = driver === "bridge" ? HEARTBEAT_ONE_HOST : HEARTBEAT_MANY_HOSTS;
  const heartbeatMs = etcd.heartbeatMilliseconds ?? usual;
  const longest = Math.min(HEARTBEATS_PER_ELECTION * heartbeatMs, ELECTION_MAX);
  return {
    tls: etcd.tls,
    dataVolume: etcd.dataVolume,
    heartbeatMs,
    electionMs: etcd.electionMilliseconds ?? longest,
    quotaMiB: mebibytes(etcd.quota),
    snapshots: {
      intervalSeconds: snapshots.intervalSeconds,
      keep: snapshots.keep,
      maxMiB: mebibytes(snapshots.maxSize),
      directory: snapshots.directory ?? null,
    },
    recovery: { mode: recovery.mode, graceSeconds: recovery.graceSeconds },
    standby: etcd.standby,
  };
}

function compileNetwork(
  metadata: ObjectMeta,
  network: DefaultedManifest["spec"]["network"],
): ClusterSpec["network"] {
  const subnet = parseSubnet(network.subnet);
  if (subnet === null) throw new Error(`not a subnet: ${network.subnet}`);
  return {
    name: network.name ?? `jupyter-cluster-${metadata.name}`,
    driver: network.driver,
    ipamDriver: network.ipamDriver,
    subnet: subnetText(subnet),
    firstAddress: network.firstAddress ?? addressText(subnet.first + FIRST_ADDRESS_OFFSET),
    options: network.options,
  };
}
