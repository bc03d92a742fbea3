import { conditionOf } from "../conditions.ts";
import { age } from "../age.ts";
import { leaderPlace } from "../../../model/leader-place.ts";
import type { Kind } from "../kind.ts";
import { API_VERSION, type JupyterClusterObject, KIND } from "../../../model/resource.ts";

const [GROUP = "", VERSION = ""] = API_VERSION.split("/");

export const jupyterClusters: Kind<JupyterClusterObject> = {
  group: GROUP,
  version: VERSION,
  kind: KIND,
  plural: "jupyterclusters",
  singular: "jupytercluster",
  shortNames: ["jc"],
  categories: ["all"],
  namespaced: true,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  columns: [
    {
      name: "Name",
      type: "string",
      description: "Name of the cluster, and of its nodes before their numbers.",
      cell: ({ metadata }) => metadata.name,
    },
    {
      name: "Ready",
      type: "string",
      description: "Whether everything that the spec asks for is there; else why not.",
      cell: (object) => readiness(object),
    },
    {
      name: "Nodes",
      type: "string",
      description: "Ready nodes of those that are wanted.",
      cell: ({ status }) => `${status.readyReplicas}/${status.replicas}`,
    },
    {
      name: "Leader",
      type: "string",
      description: "Slot of the etcd leader, which is NAME-0 and serves Jupyter.",
      cell: ({ status }) => leaderPlace(status) ?? "<none>",
    },
    {
      name: "Phase",
      type: "string",
      description: "What is being done.",
      cell: ({ status }) => status.phase,
    },
    {
      name: "Age",
      type: "string",
      description: "Time since it was created.",
      cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
    },
    {
      name: "Jupyter",
      type: "string",
      description: "Where JupyterLab is; `jupyter-cluster url` tells the token.",
      wide: true,
      cell: ({ status }) => status.endpoints.jupyter,
    },
    {
      name: "Etcd",
      type: "string",
      description: "Version of etcd.",
      wide: true,
      cell: ({ status }) => status.etcd.version ?? "<unknown>",
    },
    {
      name: "Elections",
      type: "integer",
      description: "Raft term: how many elections there were.",
      wide: true,
      cell: ({ status }) => status.etcd.raftTerm ?? 0,
    },
  ],
  fields: { "status.phase": ({ status }) => status.phase },
  of: (cluster) => [cluster],
};

function readiness(object: JupyterClusterObject): string {
  const ready = conditionOf(object, "Ready");
  if (ready === undefined) return "Unknown";
  return ready.status === "True" ? "True" : `${ready.status} (${ready.reason})`;
}
