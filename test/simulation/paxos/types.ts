/**
 * The words of single-decree Paxos (Lamport, "Paxos Made Simple"). A proposal's number is a round
 * and, to tell two proposers of one round apart, the proposer's name.
 */
export interface ProposalNumber {
  readonly round: number;
  readonly proposer: string;
}

export interface Proposal {
  readonly number: ProposalNumber;
  readonly value: string;
}

export type PaxosMessage =
  /** Phase 1: promise to take no proposal with a lower number. */
  | { readonly type: "prepare"; readonly number: ProposalNumber }
  | {
      readonly type: "promise";
      readonly number: ProposalNumber;
      /** The last proposal that this acceptor accepted. */
      readonly accepted: Proposal | null;
    }
  /** Phase 2. */
  | { readonly type: "accept"; readonly proposal: Proposal }
  | { readonly type: "accepted"; readonly proposal: Proposal }
  /** To either phase: a higher number was promised. */
  | {
      readonly type: "refused";
      readonly number: ProposalNumber;
      readonly promised: ProposalNumber;
    };

/** What happens, for checks and stories. */
export type PaxosEvent =
  | { readonly type: "prepared"; readonly number: ProposalNumber }
  | {
      readonly type: "promised";
      readonly number: ProposalNumber;
      readonly accepted: Proposal | null;
    }
  | {
      readonly type: "refused";
      readonly phase: 1 | 2;
      readonly number: ProposalNumber;
      readonly promised: ProposalNumber;
    }
  /** A quorum promised: this is proposed, its own value or one that some acceptor told it of. */
  | { readonly type: "proposed"; readonly proposal: Proposal; readonly adopted: boolean }
  | { readonly type: "accepted"; readonly proposal: Proposal }
  /** The proposer knows that its proposal was chosen. */
  | { readonly type: "succeeded"; readonly proposal: Proposal }
  | { readonly type: "overtaken"; readonly number: ProposalNumber; readonly by: ProposalNumber }
  | { readonly type: "learned"; readonly proposal: Proposal };

/** Negative, 0 or positive, as `a` is lower than, equal to or higher than `b`. */
export function compareNumbers(a: ProposalNumber, b: ProposalNumber): number {
  if (a.round !== b.round) return a.round - b.round;
  if (a.proposer === b.proposer) return 0;
  return a.proposer < b.proposer ? -1 : 1;
}

/** E.g. `2.A`. */
export function numberText({ round, proposer }: ProposalNumber): string {
  return `${round}.${proposer}`;
}
