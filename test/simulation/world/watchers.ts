/** Whoever wants to know what happens in a world: the checks, and tests. */
import type { Action } from "../../../controller/model/action.ts";
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { SimulatedController } from "../controller/controller.ts";
import type { EffectEvent } from "../controller/effects.ts";
import type { Identity } from "../etcd/data.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { RaftCore } from "../raft/core.ts";
import type { RaftEvent } from "../raft/types.ts";

export interface Watchers {
  /** Before a controller does anything to the world. It may be ended here. */
  onEffect(controller: SimulatedController, event: EffectEvent): void;
  onObserved(controller: SimulatedController, memory: ClusterMemory, observed: Observed): void;
  onAction(controller: SimulatedController, action: Action, memory: ClusterMemory): void;
  onPublished(controller: SimulatedController, object: JupyterClusterObject): void;
  onContainerStarted(container: Container): void;
  onContainerEnded(container: Container): void;
  /** A member is about to be forced to go on alone, or to be restored. */
  onNewBeginning(container: Container, command: StartCommand): void;
  onRaft(container: Container, event: RaftEvent, core: RaftCore, identity: Identity): void;
}
