/** What a controller is started with. */
import type { CorePorts } from "../core-ports.ts";
import type { TcpDoorOptions } from "../mesos-local/options.ts";
import type { MesosTarget } from "../mesos/target.ts";
import type { Logger } from "../model/ports.ts";
import type { StateTarget } from "../store/state-target.ts";
import type { WebhookTarget } from "../webhook/delivery.ts";
import type { HostPort } from "../support/host-port.ts";

export interface ControllerOptions {
  /** Of this process: its control token, snapshots, and all state unless that is kept elsewhere. */
  readonly stateDir: string;
  /** Where the state is that the controllers of a site share. */
  readonly state: StateTarget;
  /** Where that has leases: how long after the last sign of life of who acts another may. */
  readonly leaseSeconds: number;
  /** Another controller may act: then this one stands by, and takes over when it ends. */
  readonly standsBy: boolean;
  /** Spec file, or directory of them. */
  readonly spec: string;
  readonly mesos: MesosTarget;
  /** Who we are to the masters. */
  readonly framework: CorePorts["mesos"]["framework"];
  /** A framework that the masters have removed is replaced by another one. */
  readonly replacesRemoved: boolean;
  /** Where frameworks of other programs come to the embedded master; null: they can't. */
  readonly mesosLocalTcp: TcpDoorOptions | null;
  readonly api: HostPort;
  /** Is told of changed conditions; null: nobody is. */
  readonly webhook: WebhookTarget | null;
  /** Image of clusters whose spec names none. */
  readonly agentImage: string;
  readonly log: Logger;
}
