/** A proposer: tries until it knows that a value, its own or another's, was chosen. */
import type { Clock } from "../../../controller/model/ports.ts";
import {
  compareNumbers,
  numberText,
  type PaxosEvent,
  type PaxosMessage,
  type Proposal,
  type ProposalNumber,
} from "./types.ts";

/** What survives its crashes: a number is never used twice. */
export interface ProposerMemory {
  round: number;
}

export interface ProposerHost {
  readonly clock: Clock;
  readonly acceptors: readonly string[];
  send(to: string, message: PaxosMessage): void;
  observe(event: PaxosEvent): void;
  /** How long to wait before the next try; at random, lest two overtake each other for ever. */
  backoffMs(): number;
}

export type ProposerState = "idle" | "preparing" | "proposing" | "done";

export class Proposer {
  state: ProposerState = "idle";
  /** The proposal of phase 2; null before. */
  proposal: Proposal | null = null;
  /** Acceptors that answered yes in the present phase. */
  readonly agreed = new Set<string>();
  private readonly seen = new Map<string, Proposal | null>();
  private cancelRetry: () => void = () => undefined;

  constructor(
    readonly name: string,
    /** What it would like to be chosen. */
    readonly value: string,
    readonly memory: ProposerMemory,
    private readonly host: ProposerHost,
  ) {}

  get number(): ProposalNumber {
    return { round: this.memory.round, proposer: this.name };
  }

  /** Phase 1 with a number of its own that is higher than any before. */
  prepare(): void {
    this.memory.round += 1;
    this.state = "preparing";
    this.proposal = null;
    this.agreed.clear();
    this.seen.clear();
    this.host.observe({ type: "prepared", number: this.number });
    this.sendToAll({ type: "prepare", number: this.number });
    this.retryLater();
  }

  stop(): void {
    this.cancelRetry();
    this.state = "idle";
  }

  receive(from: string, message: PaxosMessage): void {
    switch (message.type) {
      case "promise":
        return this.onPromise(from, message.number, message.accepted);
      case "accepted":
        return this.onAccepted(from, message.proposal);
      case "refused":
        return this.onRefused(message.number, message.promised);
      default:
        return;
    }
  }

  /** The rule that makes Paxos safe: of what was accepted, the highest numbered value is kept. */
  protected valueToPropose(accepted: readonly Proposal[]): string {
    const [highest] = [...accepted].sort((a, b) => compareNumbers(b.number, a.number));
    return highest?.value ?? this.value;
  }

  private onPromise(from: string, number: ProposalNumber, accepted: Proposal | null): void {
    if (this.state !== "preparing" || !this.isCurrent(number)) return;
    this.agreed.add(from);
    this.seen.set(from, accepted);
    if (this.agreed.size < this.quorum) return;
    const told = [...this.seen.values()].filter((p) => p !== null);
    const value = this.valueToPropose(told);
    const proposal: Proposal = { number, value };
    this.state = "proposing";
    this.proposal = proposal;
    this.agreed.clear();
    this.host.observe({ type: "proposed", proposal, adopted: told.length > 0 });
    this.sendToAll({ type: "accept", proposal });
  }

  private onAccepted(from: string, proposal: Proposal): void {
    if (this.state !== "proposing" || !this.isCurrent(proposal.number)) return;
    this.agreed.add(from);
    if (this.agreed.size < this.quorum) return;
    this.state = "done";
    this.cancelRetry();
    this.host.observe({ type: "succeeded", proposal });
  }

  /** Somebody is ahead: try later, with a number above that. */
  private onRefused(number: ProposalNumber, promised: ProposalNumber): void {
    const busy = this.state === "preparing" || this.state === "proposing";
    if (!busy || !this.isCurrent(number)) return;
    this.memory.round = Math.max(this.memory.round, promised.round);
    this.state = "idle";
    this.host.observe({ type: "overtaken", number, by: promised });
    this.retryLater();
  }

  private retryLater(): void {
    this.cancelRetry();
    this.cancelRetry = this.host.clock.after(this.host.backoffMs(), () => this.prepare());
  }

  private isCurrent(number: ProposalNumber): boolean {
    return numberText(number) === numberText(this.number);
  }

  private get quorum(): number {
    return Math.floor(this.host.acceptors.length / 2) + 1;
  }

  private sendToAll(message: PaxosMessage): void {
    for (const to of this.host.acceptors) this.host.send(to, message);
  }
}
