/** What counts changes of clusters sees each one when it is published, those of before the first included. */
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

export interface ClusterFollower {
  see(object: JupyterClusterObject): void;
  /** It was deleted. */
  forget(object: JupyterClusterObject): void;
}

/** @returns what ends it */
export function followClusters(
  published: PublishedClusters,
  follower: ClusterFollower,
): () => void {
  for (const object of published.list()) follower.see(object);
  return published.subscribe(({ type, object }) => {
    if (type === "DELETED") follower.forget(object);
    else follower.see(object);
  });
}
