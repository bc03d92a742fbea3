/** A kind of objects: how Kubernetes' clients name it, and how it is shown in a table. */
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";
import type { KubernetesObject } from "./object.ts";

/** One column of `kubectl get`. */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer";
  readonly description: string;
  /** Only with `-o wide`. */
  readonly wide?: true;
  /** @param now milliseconds since the epoch, for ages */
  cell(object: T, now: number): string | number;
}

export interface Kind<T extends KubernetesObject> {
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** `kubectl get all` asks for the category `all`. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** The first one is the name. */
  readonly columns: readonly Column<T>[];
  /** What a field selector may ask for besides metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, (object: T) => string>>;
  /** The objects of one cluster; their resource versions are given to them afterwards. */
  of(cluster: JupyterClusterObject, events: readonly ClusterEvent[]): readonly T[];
}

/** `apps/v1`, or `v1`. */
export function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** How kubectl names it in messages: `jupyterclusters.jupytercluster.dev`, `pods`. */
export function resourceName({ group, plural }: { group: string; plural: string }): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** Where its collection is; below it the namespaces, if it has any. */
export function rootPath({ group, version }: { group: string; version: string }): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}
