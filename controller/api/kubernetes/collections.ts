/** One collection for each kind, kept up with what is published. */
import { clusterKey } from "../../model/ids.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { Collection } from "./collection.ts";
import { events, type EventObject } from "./kinds/events.ts";
import { jupyterClusters } from "./kinds/jupyter-clusters.ts";
import { namespaces } from "./kinds/namespaces.ts";
import { pods, type PodObject } from "./kinds/pods.ts";
import type { KubernetesObject } from "./object.ts";

/** As the routes see it: they treat every kind alike. */
export type AnyCollection = Collection<KubernetesObject>;

export class Collections {
  readonly clusters: Collection<JupyterClusterObject>;
  readonly pods: Collection<PodObject>;
  readonly events: Collection<EventObject>;
  /** All of them, the core group's first. */
  readonly all: readonly AnyCollection[];
  private readonly unsubscribe: () => void;

  constructor(private readonly published: PublishedClusters) {
    const objects = published.list();
    const version = published.resourceVersion;
    this.clusters = new Collection(jupyterClusters, version);
    this.pods = new Collection(pods, version);
    this.events = new Collection(events, version);
    const others = [this.events, new Collection(namespaces, version), this.pods, this.clusters];
    this.all = others as unknown as readonly AnyCollection[];
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
    for (const collection of this.all) {
      collection.replace(key, collection.kind.of(object, happened), version);
    }
  }

  private remove({ metadata }: JupyterClusterObject, version: number): void {
    for (const collection of this.all) collection.replace(clusterKey(metadata), [], version);
  }
}
