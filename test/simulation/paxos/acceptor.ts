/** An acceptor: what it promised and accepted is durable before it answers. */
import {
  compareNumbers,
  type PaxosEvent,
  type PaxosMessage,
  type Proposal,
  type ProposalNumber,
} from "./types.ts";

/** What survives its crashes. */
export interface AcceptorMemory {
  promised: ProposalNumber | null;
  accepted: Proposal | null;
}

export interface AcceptorHost {
  send(to: string, message: PaxosMessage): void;
  /** Whoever wants to know what was accepted. */
  readonly learners: readonly string[];
  observe(event: PaxosEvent): void;
}

export class Acceptor {
  constructor(
    readonly memory: AcceptorMemory,
    private readonly host: AcceptorHost,
  ) {}

  receive(from: string, message: PaxosMessage): void {
    if (message.type === "prepare") this.prepare(from, message.number);
    if (message.type === "accept") this.accept(from, message.proposal);
  }

  private prepare(from: string, number: ProposalNumber): void {
    const { memory, host } = this;
    const { promised, accepted } = memory;
    if (promised !== null && compareNumbers(number, promised) < 0) {
      this.refuse(from, 1, number, promised);
      return;
    }
    memory.promised = number;
    host.observe({ type: "promised", number, accepted });
    host.send(from, { type: "promise", number, accepted });
  }

  private accept(from: string, proposal: Proposal): void {
    const { memory, host } = this;
    const { promised } = memory;
    if (promised !== null && compareNumbers(proposal.number, promised) < 0) {
      this.refuse(from, 2, proposal.number, promised);
      return;
    }
    memory.promised = proposal.number;
    memory.accepted = proposal;
    host.observe({ type: "accepted", proposal });
    for (const to of [from, ...host.learners]) host.send(to, { type: "accepted", proposal });
  }

  private refuse(to: string, phase: 1 | 2, number: ProposalNumber, promised: ProposalNumber): void {
    this.host.observe({ type: "refused", phase, number, promised });
    this.host.send(to, { type: "refused", number, promised });
  }
}
