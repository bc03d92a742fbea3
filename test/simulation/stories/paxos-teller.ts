/** Puts what proposers and acceptors do into sentences, and their state into tables. */
import type { PaxosCluster } from "../paxos/paxos-cluster.ts";
import { numberText, type PaxosEvent, type Proposal } from "../paxos/types.ts";
import type { Story, Table } from "./story.ts";

export class PaxosTeller {
  private sentences: string[] = [];
  private chosenTold = false;

  constructor(
    private readonly story: Story,
    private readonly cluster: () => PaxosCluster,
    private readonly elapsedMs: () => number,
  ) {}

  onEvent(node: string, event: PaxosEvent): void {
    this.sentences.push(sentenceOf(node, event));
  }

  /** To be called when all that happens at one moment has happened. */
  afterMoment(): void {
    if (this.sentences.length === 0) return;
    const { chosen } = this.cluster().safety;
    if (chosen.size > 0 && !this.chosenTold) {
      this.chosenTold = true;
      const value = [...chosen].join(", ");
      this.sentences.push(
        `A majority of the acceptors has accepted it: ${value} is chosen, for good, though nobody ` +
          "knows it yet.",
      );
    }
    const tables = [this.acceptors(), this.proposers()];
    this.story.moment(this.elapsedMs(), this.sentences, tables);
    this.sentences = [];
  }

  private acceptors(): Table {
    const header = ["acceptor", "promised", "accepted number", "accepted value"];
    const rows = [...this.cluster().acceptors].map(([name, { memory }]) => {
      const { promised, accepted } = memory;
      const number = accepted === null ? "-" : numberText(accepted.number);
      return [name, promised === null ? "-" : numberText(promised), number, accepted?.value ?? "-"];
    });
    return { header, rows };
  }

  private proposers(): Table {
    const header = ["proposer", "wants", "state", "number", "proposes", "answers"];
    const rows = [...this.cluster().proposers.values()].map((p) => {
      const began = p.memory.round > 0;
      const answers = p.state === "idle" ? "-" : `${p.agreed.size} of ${this.acceptorCount}`;
      const number = began ? numberText(p.number) : "-";
      return [p.name, p.value, p.state, number, p.proposal?.value ?? "-", answers];
    });
    return { header, rows };
  }

  private get acceptorCount(): number {
    return this.cluster().acceptors.size;
  }
}

function sentenceOf(node: string, event: PaxosEvent): string {
  switch (event.type) {
    case "prepared":
      return `Phase 1: ${node} asks all acceptors to promise number ${numberText(event.number)}.`;
    case "promised": {
      const told =
        event.accepted === null
          ? "It has accepted nothing"
          : `It tells that it has accepted ${proposalText(event.accepted)}`;
      return `${node} promises to take nothing below ${numberText(event.number)}. ${told}.`;
    }
    case "refused": {
      const what = event.phase === 1 ? "the request" : "the proposal";
      const promised = numberText(event.promised);
      return `${node} refuses ${what} ${numberText(event.number)}: it promised ${promised}, which is higher.`;
    }
    case "proposed": {
      const why = event.adopted
        ? "Of the accepted values that it was told of, it must adopt the one of the highest number"
        : "It was told of no accepted value, so it may propose its own";
      return `${node} has a majority of promises. ${why}. Phase 2: it proposes ${proposalText(event.proposal)}.`;
    }
    case "accepted":
      return `${node} accepts ${proposalText(event.proposal)}.`;
    case "overtaken":
      return `${node} hears that ${numberText(event.by)} is ahead of its ${numberText(event.number)}. It will try again, with a higher number.`;
    case "succeeded":
      return `${node} knows now that ${event.proposal.value} is chosen.`;
    case "learned":
      return `${node} learns that ${event.proposal.value} is chosen.`;
  }
}

function proposalText({ number, value }: Proposal): string {
  return `${value} under ${numberText(number)}`;
}
