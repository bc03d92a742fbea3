/** How a simulated controller finds the leading master: by a list, or by asking ZooKeeper. */
import type { CorePorts } from "../../../controller/core-ports.ts";
import { ZooKeeperMasters } from "../../../controller/mesos/zookeeper-masters.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";
import type { Rng } from "../engine/rng.ts";
import { SimulatedConnections } from "../mesos/connections.ts";
import { MASTERS_PATH } from "../mesos/election.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import { dialServers } from "../zookeeper/virtual-socket.ts";

export interface SimulatedMasters {
  readonly masters: readonly (HostPort & { readonly ip: string })[];
  /** Names of the servers; null: the masters are on a list. */
  readonly zooKeeper: readonly string[] | null;
}

export interface MastersDeps {
  /** Of the controller. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rng: Rng;
}

const ZOOKEEPER_PORT = 2181;

export function findMasters(
  { masters, zooKeeper }: SimulatedMasters,
  { name, endpoint, clock, log, rng }: MastersDeps,
): Pick<CorePorts["mesos"], "masters" | "detector" | "transport"> {
  const masterAt = (host: string) => masters.find(({ ip }) => ip === host)?.host ?? host;
  const transport = new SimulatedConnections(endpoint, name, masterAt);
  if (zooKeeper === null) return { masters, transport };
  const servers = zooKeeper.map((host) => ({ host, port: ZOOKEEPER_PORT }));
  const detector = new ZooKeeperMasters({
    target: { kind: "zookeeper", servers, path: MASTERS_PATH, auth: null },
    clock,
    log,
    random: () => rng.fraction(),
    dial: dialServers(endpoint, name),
  });
  detector.start();
  return { masters: [], detector, transport };
}
