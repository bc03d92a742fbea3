/** What happens to one cluster of many: each is one event, whatever follows from it. */
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { ScaleSite } from "./scale-site.ts";

export interface SiteEvent {
  /** As a row of a table. */
  readonly what: string;
  /** @returns the cluster that it concerns: `key`, or one that did not exist before */
  strike(site: ScaleSite, key: ClusterKey): ClusterKey;
}

export const SITE_EVENTS: readonly SiteEvent[] = [
  {
    what: "a follower's container is killed",
    strike: (site, key) => {
      site.killContainer(key, site.cluster(key).followerSlot);
      return key;
    },
  },
  {
    what: "the leader's container is killed",
    strike: (site, key) => {
      site.killContainer(key, site.cluster(key).leaderSlot);
      return key;
    },
  },
  {
    what: "a Jupyter crashes and is started again",
    strike: (site, key) => {
      site.cluster(key).crashJupyter(site.cluster(key).followerSlot);
      return key;
    },
  },
  {
    what: "a spec file is edited",
    strike: (site, key) => {
      site.editSpec(key);
      return key;
    },
  },
  { what: "a cluster is created", strike: (site) => site.createCluster() },
];
