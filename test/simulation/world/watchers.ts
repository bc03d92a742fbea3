/** Whoever wants to know what happens in a world: the checks, and tests. */
import type { Action } from "../../../controller/model/action.ts";
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { ControllerProcess } from "../controller/process.ts";
import type { EffectEvent } from "../controller/effects.ts";
import type { Identity } from "../etcd/data.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { RaftCore } from "../raft/core.ts";
import type { StoredEvent } from "../store/site-store.ts";
import type { RaftEvent } from "../raft/types.ts";

export interface Watchers {
  /** Before a controller does anything to the world. It may be ended here. */
  onEffect(controller: ControllerProcess, event: EffectEvent): void;
  onObserved(controller: ControllerProcess, memory: ClusterMemory, observed: Observed): void;
  onAction(controller: ControllerProcess, action: Action, memory: ClusterMemory): void;
  onPublished(controller: ControllerProcess, object: JupyterClusterObject): void;
  /** Something leaves one of several controllers that may change the world. */
  onLeaving(controller: ControllerProcess, what: string): void;
  /** The site's store was written to. */
  onStored(event: StoredEvent): void;
  onContainerStarted(container: Container): void;
  onContainerEnded(container: Container): void;
  /** A member is about to be forced to go on alone, or to be restored. */
  onNewBeginning(container: Container, command: StartCommand): void;
  onRaft(container: Container, event: RaftEvent, core: RaftCore, identity: Identity): void;
}
