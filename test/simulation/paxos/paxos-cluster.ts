/** Proposers, acceptors and learners on a network. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { MessageNetwork } from "../engine/network.ts";
import type { Rng } from "../engine/rng.ts";
import { Acceptor, type AcceptorMemory } from "./acceptor.ts";
import { Learner } from "./learner.ts";
import { Proposer, type ProposerHost, type ProposerMemory } from "./proposer.ts";
import { PaxosSafety } from "./safety.ts";
import type { PaxosEvent, PaxosMessage } from "./types.ts";

export interface PaxosOptions {
  /** name -> the value it would like */
  readonly proposers: Readonly<Record<string, string>>;
  readonly acceptors: readonly string[];
  readonly learners: readonly string[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: MessageNetwork<PaxosMessage>;
  readonly backoffMs: { readonly min: number; readonly max: number };
  readonly onEvent?: (node: string, event: PaxosEvent) => void;
  /** Another kind of proposer, e.g. a broken one. */
  readonly proposer?: typeof Proposer;
}

export class PaxosCluster {
  readonly safety: PaxosSafety;
  readonly acceptors = new Map<string, Acceptor>();
  readonly proposers = new Map<string, Proposer>();
  readonly learners = new Map<string, Learner>();
  private readonly detachers = new Map<string, () => void>();
  private readonly acceptorMemories = new Map<string, AcceptorMemory>();
  private readonly proposerMemories = new Map<string, ProposerMemory>();

  constructor(private readonly options: PaxosOptions) {
    const { proposers, acceptors, learners } = options;
    this.safety = new PaxosSafety(this.quorum, new Set(Object.values(proposers)));
    for (const name of [...acceptors, ...learners, ...Object.keys(proposers)]) this.start(name);
  }

  get quorum(): number {
    return Math.floor(this.options.acceptors.length / 2) + 1;
  }

  names(): readonly string[] {
    const { proposers, acceptors, learners } = this.options;
    return [...Object.keys(proposers), ...acceptors, ...learners];
  }

  isUp(name: string): boolean {
    return this.detachers.has(name);
  }

  /** A proposer that starts, or starts again, is idle until it is told to `prepare`. */
  start(name: string): void {
    if (this.isUp(name)) return;
    const receive = this.make(name);
    this.detachers.set(name, this.options.network.attach(name, receive));
  }

  /** What is in memory is lost, what is durable is not. */
  crash(name: string): void {
    this.proposers.get(name)?.stop();
    this.proposers.delete(name);
    this.acceptors.delete(name);
    this.learners.delete(name);
    this.detachers.get(name)?.();
    this.detachers.delete(name);
  }

  /** What no acceptor may do: it loses what was durable. */
  forget(acceptor: string): void {
    this.acceptorMemories.delete(acceptor);
  }

  private make(name: string): (from: string, message: PaxosMessage) => void {
    const { acceptors, learners, proposers } = this.options;
    if (acceptors.includes(name)) return this.makeAcceptor(name);
    if (learners.includes(name)) return this.makeLearner(name);
    const value = proposers[name];
    if (value === undefined) throw new Error(`no node ${name}`);
    return this.makeProposer(name, value);
  }

  private makeAcceptor(name: string) {
    const fresh: AcceptorMemory = { promised: null, accepted: null };
    const memory = this.acceptorMemories.get(name) ?? fresh;
    this.acceptorMemories.set(name, memory);
    const { learners } = this.options;
    const acceptor = new Acceptor(memory, { learners, ...this.ends(name) });
    this.acceptors.set(name, acceptor);
    return (from: string, message: PaxosMessage) => acceptor.receive(from, message);
  }

  private makeLearner(name: string) {
    const learner = new Learner(this.quorum, this.ends(name).observe);
    this.learners.set(name, learner);
    return (from: string, message: PaxosMessage) => learner.receive(from, message);
  }

  private makeProposer(name: string, value: string) {
    const memory = this.proposerMemories.get(name) ?? { round: 0 };
    this.proposerMemories.set(name, memory);
    const { clock, acceptors, backoffMs } = this.options;
    const rng = this.options.rng.fork(`backoff ${name}`);
    const host: ProposerHost = {
      clock,
      acceptors,
      ...this.ends(name),
      backoffMs: () => rng.integer(backoffMs.min, backoffMs.max),
    };
    const proposer = new (this.options.proposer ?? Proposer)(name, value, memory, host);
    this.proposers.set(name, proposer);
    return (from: string, message: PaxosMessage) => proposer.receive(from, message);
  }

  private ends(name: string) {
    return {
      send: (to: string, message: PaxosMessage) => this.options.network.send(name, to, message),
      observe: (event: PaxosEvent) => {
        this.safety.observe(name, event);
        this.options.onEvent?.(name, event);
      },
    };
  }
}
