/** One collection for each kind, kept up with what is published. */
import { clusterKey } from "../../model/ids.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";
import { Collection } from "./collection.ts";
import { events, type EventObject } from "./kinds/events.ts";
import { hosts, hostsOf } from "./kinds/nodes.ts";
import { jupyterClusters } from "./kinds/jupyter-clusters.ts";
import { namespaces } from "./kinds/namespaces.ts";
import { pods, type PodObject } from "./kinds/pods.ts";
import type { KubernetesObject } from "./object.ts";

/** As the routes see it: they treat every kind alike. */
export type AnyCollection = Collection<KubernetesObject>;

/** Scope of what no single cluster has for itself. */
const ALL_CLUSTERS = "";

export class Collections {
  readonly clusters: Collection<JupyterClusterObject>;
  readonly pods: Collection<PodObject>;
  readonly events: Collection<EventObject>;
  private readonly namespaces;
  private readonly hosts;
  /** What the hosts were made of. */
  private placed = "";
  /** All of them, the core group's first. */
  readonly all: readonly AnyCollection[];
  /** Those whose objects belong to one cluster each. */
  private readonly ofClusters: readonly AnyCollection[];
  private readonly unsubscribe: () => void;

  constructor(private readonly published: PublishedClusters) {
    const objects = published.list();
    const version = published.resourceVersion;
    this.clusters = new Collection(jupyterClusters, version);
    this.pods = new Collection(pods, version);
    this.events = new Collection(events, version);
    this.namespaces = new Collection(namespaces, version);
    this.hosts = new Collection(hosts, version);
    const { events: happened, namespaces: spaces, hosts: machines, pods: nodes, clusters } = this;
    this.all = [happened, spaces, machines, nodes, clusters] as unknown as readonly AnyCollection[];
    this.ofClusters = [happened, nodes, clusters] as unknown as readonly AnyCollection[];
    for (const object of objects) this.put(object, version);
    this.unsubscribe = published.subscribe(({ type, object }) => {
      const at = Number(object.metadata.resourceVersion);
      if (type === "DELETED") this.remove(object, at);
      else this.put(object, at);
    });
  }

  close(): void {
    this.unsubscribe();
  }

  private put(object: JupyterClusterObject, version: number): void {
    const key = clusterKey(object.metadata);
    const happened = this.published.events(key);
    for (const collection of this.ofClusters) {
      collection.replace(key, collection.kind.of(object, happened), version);
    }
    this.putShared(version);
  }

  private remove({ metadata }: JupyterClusterObject, version: number): void {
    const key = clusterKey(metadata);
    for (const collection of this.ofClusters) collection.replace(key, [], version);
    this.putShared(version);
  }

  private putShared(version: number): void {
    this.putNamespaces(version);
    this.putHosts(version);
  }

  /** Asked for with each change of any cluster: only what a cluster has on other hosts is looked into. */
  private putHosts(version: number): void {
    const all = this.published.list();
    const placed = all.flatMap(({ status }) => status.nodes.map(placeText)).join();
    if (placed === this.placed) return;
    this.placed = placed;
    this.hosts.replace(ALL_CLUSTERS, hostsOf(all), version);
  }

  /** A namespace is there as long as any cluster is in it, and as old as the oldest. */
  private putNamespaces(version: number): void {
    const oldestFirst = this.published
      .list()
      .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
    const byName = new Map<string, JupyterClusterObject>();
    for (const object of oldestFirst) {
      const { namespace } = object.metadata;
      if (!byName.has(namespace)) byName.set(namespace, object);
    }
    const spaces = [...byName.values()].flatMap((object) => namespaces.of(object, []));
    this.namespaces.replace(ALL_CLUSTERS, spaces, version);
  }
}

function placeText({ hostname, agentId, launchedAt, phase }: NodeStatus): string {
  return `${hostname} ${agentId} ${launchedAt} ${phase === "Unreachable"}`;
}
