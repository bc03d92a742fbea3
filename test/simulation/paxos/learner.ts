/** A learner: a value is chosen when a quorum of acceptors accepted it under one number. */
import { numberText, type PaxosEvent, type PaxosMessage, type Proposal } from "./types.ts";

export class Learner {
  chosen: Proposal | null = null;
  private readonly acceptedBy = new Map<string, Set<string>>();

  constructor(
    private readonly quorum: number,
    private readonly observe: (event: PaxosEvent) => void,
  ) {}

  receive(from: string, message: PaxosMessage): void {
    if (message.type !== "accepted" || this.chosen !== null) return;
    const key = numberText(message.proposal.number);
    const acceptors = this.acceptedBy.get(key) ?? new Set();
    this.acceptedBy.set(key, acceptors.add(from));
    if (acceptors.size < this.quorum) return;
    this.chosen = message.proposal;
    this.observe({ type: "learned", proposal: message.proposal });
  }
}
