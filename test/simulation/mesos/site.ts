/** A Mesos site: masters that elect one of them, and the agents of the hosts. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { Network } from "../wire/network.ts";
import type { MesosAgent } from "./mesos-agent.ts";
import type { MesosMaster } from "./master.ts";

/** ZooKeeper's session of a leader that died, and the election after it. Milliseconds. */
const ELECTION_MS = { min: 1_000, max: 11_000 };
/** Pings are missed for so long before a silent partition counts as a broken connection. */
const PARTITION_MS = 5_000;

export class MesosSite {
  private electing = false;
  /** Agents between which and the leader something may have got lost. */
  private readonly suspected = new Set<MesosAgent>();

  constructor(
    readonly masters: readonly MesosMaster[],
    readonly agents: readonly MesosAgent[],
    private readonly deps: { readonly clock: Clock; readonly rng: Rng; readonly network: Network },
  ) {}

  start(): void {
    for (const master of this.masters) master.start();
    this.masters[0]?.lead();
    for (const agent of this.agents) agent.start();
  }

  leader(): MesosMaster | null {
    return this.masters.find((m) => m.leads) ?? null;
  }

  crashMaster(master: MesosMaster): void {
    master.crash();
    this.elect();
  }

  startMaster(master: MesosMaster): void {
    master.start();
    this.elect();
  }

  /** Who reaches whom has changed: both ends of a broken connection find out after a while. */
  connectivityChanged(): void {
    const { clock } = this.deps;
    this.look();
    clock.after(PARTITION_MS, () => {
      for (const agent of this.suspected) this.breakConnection(agent);
    });
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

  private elect(): void {
    if (this.electing || this.leader() !== null) return;
    this.electing = true;
    const { clock, rng } = this.deps;
    clock.after(rng.integer(ELECTION_MS.min, ELECTION_MS.max), () => {
      this.electing = false;
      const candidates = this.masters.filter((m) => m.isRunning);
      if (candidates.length > 0) rng.pick(candidates).lead();
    });
  }
}
