/**
 * The Mesos TaskInfo of one launch (docs/mesos.md: Docker containerizer, USER network, parameters).
 */
import { createHash } from "node:crypto";
import {
  agentApiNeededBy,
  DATA_MOUNT,
  NODE_CONFIG_ENV,
  type NodeConfig,
} from "../../model/agent-api.ts";
import {
  type ClusterRef,
  dataVolumeName,
  type EtcdTransport,
  LABELS,
  slotAddress,
  slotHostname,
} from "../../model/ids.ts";
import { etcdctlEnvironment } from "../../model/tls-identity.ts";
import type { ClusterSecrets } from "../../model/memory.ts";
import type { StandingResume } from "../../model/standing-resume.ts";
import type { DockerTaskInfo, Parameter } from "../../mesos/wire.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import {
  nodeMount,
  requiresMount,
  type SharedStorage,
  storageParameters,
} from "../../../crd-schema/storage/table.ts";

/** The agent shuts its units down within 4 s of SIGTERM. */
const KILL_GRACE_NS = 5_000_000_000;

export interface TaskTemplateInput {
  readonly ref: ClusterRef;
  readonly spec: ClusterSpec;
  readonly image: string;
  readonly slot: number;
  readonly taskId: string;
  readonly agentId: string;
  readonly secrets: ClusterSecrets;
  /** Null: the node waits to be told. */
  readonly resume: StandingResume | null;
}

export function taskInfo(input: TaskTemplateInput): DockerTaskInfo {
  const { ref, spec, image, slot, taskId, agentId } = input;
  const labels = {
    [LABELS.namespace]: ref.namespace,
    [LABELS.cluster]: ref.name,
    [LABELS.slot]: String(slot),
    [LABELS.task]: taskId,
  };
  return {
    name: slotHostname(ref.name, slot),
    task_id: { value: taskId },
    agent_id: { value: agentId },
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: spec.resources.cpus } },
      { name: "mem", type: "SCALAR", scalar: { value: spec.resources.memoryMiB } },
      { name: "disk", type: "SCALAR", scalar: { value: spec.resources.diskMiB } },
    ],
    command: {
      shell: false,
      environment: {
        variables: [
          { name: NODE_CONFIG_ENV, value: JSON.stringify(nodeConfig(input)) },
          ...etcdctlVariables(spec.etcd),
        ],
      },
    },
    container: {
      type: "DOCKER",
      docker: {
        image,
        network: "USER",
        parameters: [...parameters(input), ...labelParameters(labels)],
      },
      network_infos: [{ name: spec.network.name }],
    },
    kill_policy: { grace_period: { nanoseconds: KILL_GRACE_NS } },
    labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) },
  };
}

function parameters({ ref, spec, slot }: TaskTemplateInput): Parameter[] {
  return [
    { key: "ip", value: slotAddress(spec.network.firstAddress, slot) },
    { key: "hostname", value: slotHostname(ref.name, slot) },
    ...confinement(spec.resources.pids),
    ...storageParameters(spec.storage.shared),
    ...(spec.etcd.dataVolume === "local"
      ? [{ key: "volume", value: `${dataVolumeName(ref, slot)}:${DATA_MOUNT}` }]
      : []),
  ];
}

/**
 * What a node's root needs of root's capabilities (capabilities(7)): to give files and processes to
 * etcd's and the normal user and to signal them, and for sshd to listen on port 22, to confine
 * itself before a login and to become the user after it. Without NET_RAW nobody on the container
 * network can take another node's address by false ARP answers.
 */
const CAPABILITIES = [
  ...["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
  ...["NET_BIND_SERVICE", "SYS_CHROOT"],
] as const;

function confinement(pids: number): Parameter[] {
  return [
    { key: "pids-limit", value: String(pids) },
    { key: "security-opt", value: "no-new-privileges" },
    { key: "cap-drop", value: "ALL" },
    ...CAPABILITIES.map((value) => ({ key: "cap-add", value })),
  ];
}

function etcdctlVariables(transport: EtcdTransport) {
  return Object.entries(etcdctlEnvironment(transport)).map(([name, value]) => ({ name, value }));
}

function labelParameters(labels: Readonly<Record<string, string>>): Parameter[] {
  return Object.entries(labels).map(([key, value]) => ({
    key: "label",
    value: `${key}=${value}`,
  }));
}

/** What Docker does alone needs no word. */
function storageConfig(shared: SharedStorage): NodeConfig["storage"] {
  const mount = nodeMount(shared);
  return {
    mountPath: shared.mountPath,
    ...(mount === null ? {} : { mount }),
    ...(requiresMount(shared) ? { requireMount: true } : {}),
  };
}

/** What is off is left out, as if there were no such field. */
function jupyterConfig({ idle, ...jupyter }: ClusterSpec["jupyter"]): NodeConfig["jupyter"] {
  const used = idle.kernelsAfterSeconds > 0 || idle.terminalsAfterSeconds > 0;
  return { ...jupyter, ...(used ? { idle } : {}) };
}

function kernelsConfig(kernels: ClusterSpec["kernels"]): Pick<NodeConfig, "kernels"> {
  const { placement, memoryMiB, processes } = kernels;
  return placement === "server" ? {} : { kernels: { placement, memoryMiB, processes } };
}

function nodeConfig(input: TaskTemplateInput): NodeConfig {
  const { ref, spec, slot, taskId, secrets, resume } = input;
  return {
    apiVersion: agentApiNeededBy(spec),
    namespace: ref.namespace,
    cluster: ref.name,
    slot,
    taskId,
    ip: slotAddress(spec.network.firstAddress, slot),
    tokenSha256: createHash("sha256").update(secrets.agentToken).digest("hex"),
    etcd: {
      tls: spec.etcd.tls,
      heartbeatMs: spec.etcd.heartbeatMs,
      electionMs: spec.etcd.electionMs,
      quotaMiB: spec.etcd.quotaMiB,
    },
    jupyter: jupyterConfig(spec.jupyter),
    ...kernelsConfig(spec.kernels),
    ssh: spec.ssh,
    storage: storageConfig(spec.storage.shared),
    ...(resume === null ? {} : { resume }),
  };
}
