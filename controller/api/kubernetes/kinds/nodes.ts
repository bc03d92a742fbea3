/** A host on which nodes of clusters run, as the Node that Kubernetes' clients would expect. */
import type { JupyterClusterObject } from "../../../model/resource.ts";
import { age } from "../age.ts";
import type { Kind } from "../kind.ts";
import type { KubernetesObject } from "../object.ts";
import { uuidOf } from "../uuid.ts";

export interface HostObject extends KubernetesObject {
  readonly spec: { readonly providerID: string };
  readonly status: {
    readonly addresses: readonly { readonly type: "Hostname"; readonly address: string }[];
    /** Nobody tells what a host has in all: Mesos offers what is left of it. */
    readonly capacity: object;
    readonly allocatable: object;
    readonly conditions: readonly HostCondition[];
    readonly nodeInfo: { readonly kubeletVersion: string };
  };
}

interface HostCondition {
  readonly type: "Ready";
  readonly status: "True" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** Of the newest launch: the last time that is known at which it did something for us. */
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
}

/** Mesos offers hosts while something is to be launched, so those are known that run something. */
export const hosts: Kind<HostObject> = {
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  singular: "node",
  shortNames: ["no"],
  categories: [],
  namespaced: false,
  verbs: ["get", "list", "watch"],
  columns: [
    {
      name: "Name",
      type: "string",
      description: "The Mesos agent's host name.",
      cell: ({ metadata }) => metadata.name,
    },
    {
      name: "Status",
      type: "string",
      description: "Ready: Mesos sees what runs there. Unknown: it has lost sight of it.",
      cell: ({ status }) => (status.conditions[0]?.status === "True" ? "Ready" : "Unknown"),
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the first of what runs there was launched.",
      cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
    },
    {
      name: "Agent",
      type: "string",
      description: "Its id in Mesos.",
      wide: true,
      cell: ({ spec }) => spec.providerID,
    },
  ],
  fields: {},
  of: (cluster) => hostsOf([cluster]),
};

interface Host {
  readonly agentId: string;
  /** Of the oldest and of the newest launch. */
  readonly since: string;
  readonly latest: string;
  readonly isSeen: boolean;
}

/** Of all clusters: a host is one, whoever has nodes there. */
export function hostsOf(
  clusters: readonly Pick<JupyterClusterObject, "status">[],
): readonly HostObject[] {
  const found = new Map<string, Host>();
  for (const { hostname, agentId, launchedAt, phase } of clusters.flatMap((c) => c.status.nodes)) {
    if (hostname === null) continue;
    const known = found.get(hostname);
    const told = [launchedAt, known?.since, known?.latest];
    const times = told.filter((time) => time != null).toSorted();
    found.set(hostname, {
      agentId: agentId ?? "",
      since: times[0] ?? "",
      latest: times.at(-1) ?? "",
      isSeen: phase !== "Unreachable" || known?.isSeen === true,
    });
  }
  return [...found].map(([name, host]) => hostObject(name, host));
}

function hostObject(name: string, { agentId, since, latest, isSeen }: Host): HostObject {
  const times = { lastHeartbeatTime: latest, lastTransitionTime: since };
  const found = isSeen
    ? ({ status: "True", reason: "Seen", message: "Mesos sees what runs there." } as const)
    : ({
        status: "Unknown",
        reason: "Unreachable",
        message: "Mesos has lost sight of it.",
      } as const);
  const ready: HostCondition = { type: "Ready", ...found, ...times };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: uuidOf(`node ${name}`),
      resourceVersion: "",
      creationTimestamp: since,
      labels: { "kubernetes.io/hostname": name },
    },
    spec: { providerID: agentId },
    status: {
      addresses: [{ type: "Hostname", address: name }],
      capacity: {},
      allocatable: {},
      conditions: [ready],
      nodeInfo: { kubeletVersion: "" },
    },
  };
}
