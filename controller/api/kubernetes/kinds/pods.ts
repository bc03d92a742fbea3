/** A node as the pod that Kubernetes' clients would expect; its units are the pod's containers. */
import { LABELS } from "../../../model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../../model/resource.ts";
import { age } from "../age.ts";
import type { Kind } from "../kind.ts";
import type { KubernetesObject } from "../object.ts";
import { uuidOf } from "../uuid.ts";

/** In the order in which kubectl shows them; the first is the one that `logs` takes by default. */
export const POD_CONTAINERS = ["jupyter", "etcd", "sshd", "agent"] as const;

export const ROLE_LABEL = "jupytercluster.dev/role";
const SLOT_LABEL = LABELS.slot;

export interface PodObject extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly hostname: string;
    readonly restartPolicy: "Always";
    readonly containers: readonly { readonly name: string; readonly image: string }[];
  };
  readonly status: {
    readonly phase: "Pending" | "Running";
    /** The node's own phase. */
    readonly reason: string;
    readonly message: string;
    readonly podIP: string;
    readonly podIPs: readonly { readonly ip: string }[];
    readonly startTime?: string;
    readonly conditions: readonly PodCondition[];
    readonly containerStatuses: readonly ContainerStatus[];
  };
}

interface PodCondition {
  readonly type: "Ready";
  readonly status: "True" | "False";
}

interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly containerID?: string;
  readonly state:
    | { readonly running: { readonly startedAt: string } }
    | { readonly waiting: { readonly reason: string; readonly message: string } };
}

export const pods: Kind<PodObject> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  verbs: ["delete", "get", "list", "watch"],
  columns: [
    {
      name: "Name",
      type: "string",
      description: "Name of the node, which moves with the role; before there are names, its slot.",
      cell: ({ metadata }) => metadata.name,
    },
    {
      name: "Ready",
      type: "string",
      description: "Units of the node that work, of all.",
      cell: ({ status: { containerStatuses: all } }) =>
        `${all.filter(({ ready }) => ready).length}/${all.length}`,
    },
    {
      name: "Status",
      type: "string",
      description: "Phase of the node.",
      cell: ({ status }) => status.reason,
    },
    {
      name: "Restarts",
      type: "integer",
      description: "Containers of this slot that have ended.",
      cell: ({ status }) => status.containerStatuses[0]?.restartCount ?? 0,
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the node was launched; before, since the cluster was created.",
      cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
    },
    {
      name: "IP",
      type: "string",
      description: "The slot's address.",
      wide: true,
      cell: ({ status }) => status.podIP,
    },
    {
      name: "Node",
      type: "string",
      description: "The Mesos agent's host.",
      wide: true,
      cell: ({ spec }) => spec.nodeName ?? "<none>",
    },
    {
      name: "Slot",
      type: "string",
      description: "What stays when the name moves.",
      wide: true,
      cell: ({ spec }) => spec.hostname,
    },
    {
      name: "Role",
      type: "string",
      description:
        "leader: the etcd leader, which serves Jupyter. spare: it has no vote until a voter is lost.",
      wide: true,
      cell: ({ metadata }) => metadata.labels?.[ROLE_LABEL] ?? "",
    },
  ],
  fields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "status.phase": ({ status }) => status.phase,
    "status.podIP": ({ status }) => status.podIP,
  },
  of: (cluster) => cluster.status.nodes.map((node) => podOf(cluster, node)),
};

/** Name of the pod that a node is. */
export function podNameOf({ metadata }: JupyterClusterObject, { name, slot }: NodeStatus): string {
  return name ?? `${metadata.name}-slot-${slot}`;
}

/** Each launch is another pod, as with Kubernetes: who deletes one sees that it has gone. */
export function podUid({ metadata }: JupyterClusterObject, { slot, taskId }: NodeStatus): string {
  return uuidOf(`${metadata.uid}/${slot}/${taskId ?? "vacant"}`);
}

function podOf(cluster: JupyterClusterObject, node: NodeStatus): PodObject {
  const { apiVersion, kind, metadata } = cluster;
  const { namespace, name, uid, creationTimestamp } = metadata;
  const { image: named } = cluster.spec;
  const image = typeof named === "string" ? named : "jupyter-cluster/agent";
  const { launchedAt } = node;
  const owner = { apiVersion, kind, name, uid, controller: true };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: podNameOf(cluster, node),
      namespace,
      uid: podUid(cluster, node),
      resourceVersion: "",
      creationTimestamp: launchedAt ?? creationTimestamp,
      labels: {
        [LABELS.cluster]: name,
        [SLOT_LABEL]: String(node.slot),
        [ROLE_LABEL]: node.leader ? "leader" : node.phase === "Standby" ? "spare" : "follower",
      },
      ownerReferences: [owner],
    },
    spec: {
      ...(node.hostname === null ? {} : { nodeName: node.hostname }),
      hostname: `slot-${node.slot}`,
      restartPolicy: "Always",
      containers: POD_CONTAINERS.map((unit) => ({ name: unit, image })),
    },
    status: {
      phase: startOf(node) === null ? "Pending" : "Running",
      reason: node.phase,
      message: node.message,
      podIP: node.ip,
      podIPs: [{ ip: node.ip }],
      ...(launchedAt === null ? {} : { startTime: launchedAt }),
      conditions: [{ type: "Ready", status: node.ready ? "True" : "False" }],
      containerStatuses: POD_CONTAINERS.map((unit) => containerStatus(unit, node, image)),
    },
  };
}

function containerStatus(
  name: (typeof POD_CONTAINERS)[number],
  node: NodeStatus,
  image: string,
): ContainerStatus {
  const startedAt = startOf(node);
  const ready = {
    jupyter: node.jupyterReady,
    etcd: node.etcd !== null,
    sshd: node.sshReady,
    agent: node.etcd !== null || node.sshReady,
  }[name];
  return {
    name,
    image,
    imageID: "",
    ready,
    started: startedAt !== null,
    restartCount: node.restarts,
    ...(node.container === null ? {} : { containerID: `docker://${node.container}` }),
    state:
      startedAt === null
        ? { waiting: { reason: node.phase, message: node.message } }
        : { running: { startedAt } },
  };
}

/** When its container began to run, or nearly; null: there is none. */
function startOf({ container, launchedAt }: NodeStatus): string | null {
  return container === null ? null : launchedAt;
}
