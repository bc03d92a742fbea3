/** The parts of one controller process that its API speaks of. */
import type { PublishedClusters } from "./model/ports.ts";
import type { NodeUsages } from "./node-usages.ts";
import type { ControllerOptions } from "./roles/options.ts";
import type { RoleKeeper } from "./roles/role-keeper.ts";
import type { Serving } from "./roles/serving.ts";
import type { SiteSight } from "./roles/site-sight.ts";
import type { ManagedPlace } from "./spec-files/managed-place.ts";
import type { OpenedState } from "./store/open-state.ts";

export interface ProcessSite {
  readonly options: ControllerOptions;
  readonly state: OpenedState;
  readonly keeper: RoleKeeper;
  readonly serving: Serving;
  readonly sight: SiteSight;
  readonly published: PublishedClusters;
  readonly usages: NodeUsages;
  readonly managed: ManagedPlace;
}
