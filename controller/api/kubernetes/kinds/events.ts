import { createHash } from "node:crypto";
import type { ClusterEvent, JupyterClusterObject } from "../../../model/resource.ts";
import { age } from "../age.ts";
import type { Kind } from "../kind.ts";
import type { KubernetesObject } from "../object.ts";
import { uuidOf } from "../uuid.ts";

const COMPONENT = "jupyter-cluster";

/** `Event` of the core group. */
export interface EventObject extends KubernetesObject, ClusterEvent {
  readonly involvedObject: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

export const events: Kind<EventObject> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  namespaced: true,
  verbs: ["get", "list", "watch"],
  columns: [
    {
      name: "Last Seen",
      type: "string",
      description: "Time since it happened for the last time.",
      cell: ({ lastTimestamp }, now) => age(lastTimestamp, now),
    },
    {
      name: "Type",
      type: "string",
      description: "Normal or Warning.",
      cell: ({ type }) => type,
    },
    {
      name: "Reason",
      type: "string",
      description: "What happened, in one word.",
      cell: ({ reason }) => reason,
    },
    {
      name: "Object",
      type: "string",
      description: "What it happened to.",
      cell: ({ involvedObject: { kind, name } }) => `${kind.toLowerCase()}/${name}`,
    },
    {
      name: "Message",
      type: "string",
      description: "What happened, in a sentence.",
      cell: ({ message }) => message,
    },
    {
      name: "Count",
      type: "integer",
      description: "How often.",
      wide: true,
      cell: ({ count }) => count,
    },
    {
      name: "Name",
      type: "string",
      description: "Name of the event.",
      wide: true,
      cell: ({ metadata }) => metadata.name,
    },
  ],
  fields: {
    "involvedObject.apiVersion": (event) => event.involvedObject.apiVersion,
    "involvedObject.kind": (event) => event.involvedObject.kind,
    "involvedObject.name": (event) => event.involvedObject.name,
    "involvedObject.namespace": (event) => event.involvedObject.namespace,
    "involvedObject.uid": (event) => event.involvedObject.uid,
    "involvedObject.fieldPath": () => "",
    "involvedObject.resourceVersion": () => "",
    reason: ({ reason }) => reason,
    reportingComponent: () => COMPONENT,
    source: () => COMPONENT,
    type: ({ type }) => type,
  },
  of: (cluster, happened) => happened.map((event) => eventObject(cluster, event)),
};

function eventObject({ apiVersion, kind, metadata }: JupyterClusterObject, event: ClusterEvent) {
  const { namespace, name, uid } = metadata;
  const { firstTimestamp, reason, message } = event;
  const digest = createHash("sha256").update(`${firstTimestamp}\n${reason}\n${message}`);
  const own = `${name}.${digest.digest("hex").slice(0, 16)}`;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: own,
      namespace,
      uid: uuidOf(`${uid}/${own}`),
      resourceVersion: "",
      creationTimestamp: firstTimestamp,
    },
    ...event,
    involvedObject: { apiVersion, kind, namespace, name, uid },
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: "",
  };
}
