/** Agreement and validity, checked from what every node is seen to do. */
import { numberText, type PaxosEvent } from "./types.ts";

export class PaxosSafety {
  /** Sentences; empty in a correct run. */
  readonly violations: string[] = [];
  /** Chosen by a quorum, whether or not anybody knows it. */
  readonly chosen = new Set<string>();
  private readonly learned = new Set<string>();
  private readonly acceptedBy = new Map<string, Set<string>>();

  /** @param wanted the values that proposers would like */
  constructor(
    private readonly quorum: number,
    private readonly wanted: ReadonlySet<string>,
  ) {}

  observe(node: string, event: PaxosEvent): void {
    if (event.type === "accepted") {
      const { number, value } = event.proposal;
      const acceptors = this.acceptedBy.get(numberText(number)) ?? new Set();
      this.acceptedBy.set(numberText(number), acceptors.add(node));
      if (acceptors.size >= this.quorum) this.note(this.chosen, value, "is chosen");
    }
    if (event.type === "learned") this.note(this.learned, event.proposal.value, "is learned");
  }

  private note(values: Set<string>, value: string, what: string): void {
    if (values.has(value)) return;
    values.add(value);
    if (!this.wanted.has(value)) {
      this.violations.push(`validity: ${value} ${what}, which nobody proposed`);
    }
    if (values.size > 1) this.violations.push(`agreement: ${[...values].join(" and ")} ${what}`);
  }
}
