/**
 * How masters find their leader: each puts a node of its own into ZooKeeper, and the lowest leads. A
 * node outlives its master by what is left of the session; a master that has lost its session ends.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { ZooKeeperEnsemble } from "../zookeeper/ensemble.ts";
import type { MesosMaster } from "./master.ts";

export const MASTERS_PATH = "/mesos";
const JOIN_MS = { min: 5, max: 300 };
/** ZooKeeper's session of a master that died. */
const EXPIRES_MS = { min: 1_000, max: 10_000 };
const SESSION_MS = 10_000;
/** Until masters have heard who leads. */
const DETECT_MS = { min: 10, max: 500 };
/** A deposed leader goes on for so long before it notices. */
const NOTICES_MS = { min: 200, max: 8_000 };
const MASTER_PORT = 5050;

interface Candidate {
  readonly master: MesosMaster;
  readonly starts: number;
}

export interface ElectionOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ensemble: ZooKeeperEnsemble;
  /** The master's process ends, and its supervisor starts it again. */
  readonly exit: (master: MesosMaster) => void;
  readonly lead: (master: MesosMaster) => void;
}

export class Election {
  private readonly candidates = new Map<string, Candidate>();
  private readonly known = new Set<MesosMaster>();
  private sequence = 0;

  constructor(private readonly options: ElectionOptions) {
    options.ensemble.set(MASTERS_PATH, "");
    options.ensemble.onQuorum = () => this.ensembleIsBack();
  }

  /** One that has just started, or has no node any more. */
  join(master: MesosMaster): void {
    const { clock, rng } = this.options;
    clock.after(rng.integer(JOIN_MS.min, JOIN_MS.max), () => this.register(master));
  }

  /** Its process ended: its node stays until the session has expired. */
  died(master: MesosMaster): void {
    const { clock, rng } = this.options;
    for (const [name, candidate] of this.candidates) {
      if (candidate.master !== master) continue;
      clock.after(rng.integer(EXPIRES_MS.min, EXPIRES_MS.max), () => this.expire(name));
    }
  }

  /** Its session is over, and it does not know yet. @returns false: it has none */
  depose(master: MesosMaster): boolean {
    const name = this.nameOf(master);
    if (name === null || !this.options.ensemble.hasQuorum) return false;
    this.remove(name);
    if (master.leads) master.disown();
    this.exitLater(master);
    return true;
  }

  /** The ensemble has lost everything: each master loses its session. */
  wiped(): void {
    this.candidates.clear();
    this.options.ensemble.set(MASTERS_PATH, "");
    for (const master of this.masters) {
      if (master.leads) master.disown();
      this.exitLater(master);
    }
  }

  /** Who reaches whom, or whom ZooKeeper serves, has changed. */
  connectivityChanged(): void {
    const { clock, ensemble } = this.options;
    for (const master of this.masters) {
      if (ensemble.isReachedFrom(master.name)) {
        if (this.nameOf(master) === null) this.join(master);
        continue;
      }
      const { starts } = master;
      clock.after(SESSION_MS, () => {
        if (master.starts !== starts || ensemble.isReachedFrom(master.name)) return;
        this.options.exit(master);
      });
    }
  }

  private get masters(): readonly MesosMaster[] {
    return [...this.known].filter((m) => m.isRunning);
  }

  private register(master: MesosMaster): void {
    this.known.add(master);
    const { ensemble } = this.options;
    if (!master.isRunning || master.isDeposed || this.nameOf(master) !== null) return;
    if (!ensemble.isReachedFrom(master.name)) return;
    const name = `json.info_${String(this.sequence++).padStart(10, "0")}`;
    this.candidates.set(name, { master, starts: master.starts });
    const { ip, name: id } = master;
    const info = { address: { ip, port: MASTER_PORT, hostname: ip }, id };
    ensemble.set(`${MASTERS_PATH}/${name}`, JSON.stringify(info));
    this.lookSoon();
  }

  private expire(name: string): void {
    // While there is no quorum nothing expires; then each session has its whole time again.
    if (this.options.ensemble.hasQuorum) this.remove(name);
  }

  private remove(name: string): void {
    this.candidates.delete(name);
    this.options.ensemble.remove(`${MASTERS_PATH}/${name}`);
    this.lookSoon();
  }

  private exitLater(master: MesosMaster): void {
    const { clock, rng } = this.options;
    const { starts } = master;
    clock.after(rng.integer(NOTICES_MS.min, NOTICES_MS.max), () => {
      if (master.starts === starts && master.isRunning) this.options.exit(master);
    });
  }

  private ensembleIsBack(): void {
    for (const [name, candidate] of this.candidates) {
      if (isLive(candidate)) continue;
      this.options.clock.after(SESSION_MS, () => this.expire(name));
    }
    this.connectivityChanged();
  }

  private lookSoon(): void {
    const { clock, rng } = this.options;
    clock.after(rng.integer(DETECT_MS.min, DETECT_MS.max), () => {
      const lowest = [...this.candidates.keys()].toSorted()[0];
      const candidate = lowest === undefined ? undefined : this.candidates.get(lowest);
      if (candidate === undefined || !isLive(candidate) || candidate.master.leads) return;
      this.options.lead(candidate.master);
    });
  }

  /** Null: this process of it has no node. */
  private nameOf(master: MesosMaster): string | null {
    for (const [name, candidate] of this.candidates) {
      if (candidate.master === master && isLive(candidate)) return name;
    }
    return null;
  }
}

function isLive({ master, starts }: Candidate): boolean {
  return master.isRunning && master.starts === starts;
}
