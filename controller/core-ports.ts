/**
 * All that the controller needs of the world, and the only way it has to it. controller/compose.ts
 * makes the ports of sockets, files and clocks; the simulator and the scale run make them of
 * virtual time, and run the very same {@link ControllerCore} on them.
 */
import type Docker from "dockerode";
import type { SnapshotTargets } from "./act/job-work.ts";
import type { ConnectAgent } from "./agents/connection.ts";
import type { ConnectMember } from "./etcd/member-client.ts";
import type { LoopPorts } from "./loop/ports.ts";
import type { FrameworkOptions } from "./mesos/framework-info.ts";
import type { SchedulerOptions } from "./mesos/scheduler.ts";
import type { LeaderCandidate } from "./model/leader.ts";
import type { Certificates, Clock, Logger } from "./model/ports.ts";
import type { NewProxy } from "./proxy/proxy-registry.ts";
import type { StateStore } from "./store/state-backend.ts";
import type { NotifierOptions } from "./webhook/notifier.ts";

export interface CorePorts {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: LoopPorts["metrics"];
  readonly identities: LoopPorts["identities"];
  /** Where every cluster's last state is read by the API and by people. */
  readonly publisher: LoopPorts["publisher"];
  /** What must survive the process. */
  readonly state: StateStore;
  /** Where each cluster's snapshots are kept. */
  readonly snapshots: Pick<SnapshotTargets, "of">;
  /** How the leading Mesos master is found and reached, and who we are to it. */
  readonly mesos: Pick<
    SchedulerOptions,
    "masters" | "detector" | "transport" | "tls" | "credentials" | "replacesRemoved"
  > & { readonly framework: Pick<FrameworkOptions, "role" | "principal"> };
  /** What nodes, and the controller to them, prove themselves with. */
  readonly certificates: Certificates;
  /** One member of a cluster's etcd. */
  readonly connectMember: ConnectMember;
  /** One node's agent: its stream of statuses, and every call to it. */
  readonly connectAgent: ConnectAgent;
  /** This machine's, if the containers run on it; null: they run on other machines' engines. */
  readonly docker: Docker | null;
  /** Who runs this controller and on which state directory, in words: labels what it makes. */
  readonly createdBy: string;
  /** One address at which a cluster's Jupyter is reached. */
  readonly newProxy: NewProxy;
  /** Is told of changed conditions; null: nobody is. */
  readonly webhook: Pick<NotifierOptions, "deliverer" | "counted" | "monotonicMs"> | null;
  /** Null in production. */
  readonly interposed: Interposed | null;
}

/**
 * Between the parts, for a simulator that counts, loses, repeats or falsifies what passes there.
 */
export interface Interposed {
  loopPorts(ports: LoopPorts): LoopPorts;
  /** An event is about to wake whom it concerns. */
  tell(wake: () => void): void;
  /** The nodes of which a proxy follows the leader. */
  followed(nodes: readonly LeaderCandidate[]): readonly LeaderCandidate[];
}
