/**
 * All that the agent has not made itself and lives by. Production and the simulator implement it.
 */
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { EtcdClient } from "./etcd-client.ts";
import type { Files } from "./files.ts";
import type { Processes } from "./processes.ts";

export interface AgentPorts {
  readonly clock: Clock;
  /** Calls back when all that happens at this moment has happened. */
  readonly soon: (callback: () => void) => void;
  readonly log: Logger;
  readonly files: Files;
  readonly processes: Processes;
  /** A client with a connection of its own: a stuck watch must not delay a status. */
  readonly connectEtcd: () => Promise<EtcdClient>;
}

/** Where a unit's lines go. */
export interface LineLog {
  write(line: string): void;
}
