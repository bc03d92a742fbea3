import { age } from "../age.ts";
import type { Kind } from "../kind.ts";
import type { KubernetesObject } from "../object.ts";
import { uuidOf } from "../uuid.ts";

interface NamespaceObject extends KubernetesObject {
  readonly spec: object;
  readonly status: { readonly phase: "Active" };
}

/** There as long as a cluster is in it; nobody makes or deletes one. */
export const namespaces: Kind<NamespaceObject> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  namespaced: false,
  verbs: ["get", "list", "watch"],
  columns: [
    {
      name: "Name",
      type: "string",
      description: "Name of the namespace.",
      cell: ({ metadata }) => metadata.name,
    },
    {
      name: "Status",
      type: "string",
      description: "Active: it has clusters.",
      cell: ({ status }) => status.phase,
    },
    {
      name: "Age",
      type: "string",
      description: "Time since its oldest cluster was created.",
      cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
    },
  ],
  fields: { "status.phase": ({ status }) => status.phase },
  of: ({ metadata: { namespace, creationTimestamp } }) => [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        uid: uuidOf(`namespace ${namespace}`),
        resourceVersion: "",
        creationTimestamp,
        labels: { "kubernetes.io/metadata.name": namespace },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    },
  ],
};
