/** A Mesos site: masters that elect one of them, and the agents of the hosts. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { Network } from "../wire/network.ts";
import type { ZooKeeperEnsemble } from "../zookeeper/ensemble.ts";
import { Election } from "./election.ts";
import type { MesosAgent } from "./mesos-agent.ts";
import type { MesosMaster } from "./master.ts";

/** Pings are missed for so long before a silent partition counts as a broken connection. */
const PARTITION_MS = 5_000;
/** After which a supervisor starts a master again. */
const SUPERVISED_MS = { min: 1_000, max: 8_000 };

export interface SiteDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: Network;
  readonly ensemble: ZooKeeperEnsemble;
}

export class MesosSite {
  readonly election: Election;
  /** Agents between which and the leader something may have got lost. */
  private readonly suspected = new Set<MesosAgent>();

  constructor(
    readonly masters: readonly MesosMaster[],
    readonly agents: readonly MesosAgent[],
    private readonly deps: SiteDeps,
  ) {
    this.election = new Election({
      ...deps,
      exit: (master) => this.exit(master),
      lead: (master) => this.lead(master),
    });
  }

  start(): void {
    for (const master of this.masters) this.startMaster(master);
    for (const agent of this.agents) agent.start();
  }

  leader(): MesosMaster | null {
    return this.masters.find((m) => m.leads) ?? null;
  }

  crashMaster(master: MesosMaster): void {
    master.crash();
    this.election.died(master);
  }

  startMaster(master: MesosMaster): void {
    master.start();
    this.election.join(master);
  }

  /** Who reaches whom has changed: both ends of a broken connection find out after a while. */
  connectivityChanged(): void {
    const { clock } = this.deps;
    this.look();
    this.election.connectivityChanged();
    clock.after(PARTITION_MS, () => {
      for (const agent of this.suspected) this.breakConnection(agent);
    });
  }

  private lead(master: MesosMaster): void {
    for (const other of this.masters) if (other.leads) other.disown();
    master.lead();
  }

  private exit(master: MesosMaster): void {
    this.crashMaster(master);
    const { clock, rng } = this.deps;
    clock.after(rng.integer(SUPERVISED_MS.min, SUPERVISED_MS.max), () => this.startMaster(master));
  }

  private look(): void {
    const leader = this.leader();
    if (leader === null) return;
    for (const { agent, connected } of leader.agents.all()) {
      const reached = this.deps.network.partitions.connects(leader.name, agent.name);
      if (connected && !reached) this.suspected.add(agent);
      // What was sent meanwhile is lost: they register anew.
      else if (this.suspected.has(agent)) this.breakConnection(agent);
    }
  }

  private breakConnection(agent: MesosAgent): void {
    this.suspected.delete(agent);
    this.leader()?.onAgentGone(agent);
    agent.masterLost();
  }
}
