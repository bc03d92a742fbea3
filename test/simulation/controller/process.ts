/** A controller's process, as the world, the faults and the checks see it. */
import type { ControllerCore } from "../../../controller/core.ts";
import type { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import type { PublishedStore } from "../../../controller/loop/published.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ObservedProxy } from "../../../controller/model/observed.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { ProcessClock } from "../engine/process-clock.ts";
import type { Effects } from "./effects.ts";

export interface ControllerProcess {
  readonly name: string;
  /** Where it runs. */
  readonly place: string;
  readonly clock: ProcessClock;
  readonly published: PublishedStore;
  readonly effects: Effects;
  readonly isRunning: boolean;
  /** It may do something to the world; one that stands by may not. */
  readonly acts: boolean;
  /** Of one that acts; another one with each term. */
  readonly core: ControllerCore;
  readonly loop: ControllerLoop;
  /** Grows with whatever may move a proxy, or show who leads. */
  readonly news: number;
  /** Whether it acts or not. */
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  nodesOf(memory: ClusterMemory): readonly LeaderCandidate[];
  /** Whom the cluster's proxy serves. */
  proxyTarget(key: ClusterKey): ObservedProxy["target"];
  /** As the store that it uses has it now. */
  stored(key: ClusterKey): ClusterMemory | undefined;
  /** The files were read. */
  read(snapshot: SpecSnapshot): void;
  /** kill -9. */
  crash(): void;
}
