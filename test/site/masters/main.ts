/**
 * One of a site's masters, as a process: `node main.js CONFIG.json`. It stands by until ZooKeeper
 * says that it leads, and ends when that may be so no more, as a master of Mesos does.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LocalAgentOptions, TcpDoorOptions } from "../../../controller/mesos-local/options.ts";
import { startMesosLocal } from "../../../controller/mesos-local/main.ts";
import { masterInfo } from "../../../controller/mesos-local/master/master.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { createLogger } from "../../../controller/support/logger.ts";
import { contend } from "./contender.ts";
import { StandbyServer } from "./standby-server.ts";
import { ZooKeeperSession } from "./zookeeper-session.ts";

export interface MasterConfig {
  readonly site: string;
  readonly tcp: TcpDoorOptions;
  readonly zookeeper: { readonly servers: readonly HostPort[]; readonly path: string };
  /** Emptied before each start: it remembers nothing, as a master of Mesos. */
  readonly stateDir: string;
  readonly agents: readonly LocalAgentOptions[];
}

const [configFile = ""] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, "utf8")) as MasterConfig;
const { site, tcp, zookeeper, stateDir, agents } = config;
const log = createLogger({ level: "debug", destination: process.stderr });

const standby = new StandbyServer();
await standby.listen(tcp);
const session = new ZooKeeperSession(zookeeper.servers, (why) => {
  log.error({ error: why }, "the session with ZooKeeper has expired");
  process.exit(1);
});
await contend(session, zookeeper.path, masterInfo(randomUUID(), tcp.host, tcp.port), {
  onLeader(info) {
    standby.leader = info;
    log.info({ leader: info?.pid ?? null }, "another leads");
  },
});
await standby.close();
await startMesosLocal({ site, tcp, stateDir, agents, clock: systemClock, log });
log.info({}, "this one leads");
