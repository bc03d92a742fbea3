/** A log whose beginning may have been compacted away. */
import { type Entry, RaftPanic } from "./types.ts";

export class RaftLog {
  /** Entries `offset + 1` and following. */
  private entries: Entry[] = [];

  /** Index and term of the last entry that was compacted away; 0, 0 for none. */
  constructor(
    public offset = 0,
    public offsetTerm = 0,
  ) {}

  get lastIndex(): number {
    return this.offset + this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.offsetTerm;
  }

  /** Undefined for what is compacted away or not there. */
  termOf(index: number): number | undefined {
    return index === this.offset ? this.offsetTerm : this.entries[index - this.offset - 1]?.term;
  }

  at(index: number): Entry {
    const entry = this.entries[index - this.offset - 1];
    if (entry === undefined) throw new RaftPanic(`entry ${index} is not in the log`);
    return entry;
  }

  /** Entries from `index` on, `countMax` at most. */
  from(index: number, countMax: number): readonly Entry[] {
    const start = index - this.offset - 1;
    return this.entries.slice(start, start + countMax);
  }

  /** Whatever is there from the first one's index on is replaced. */
  replaceFrom(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const keep = first.index - this.offset - 1;
    if (keep < 0 || keep > this.entries.length) {
      throw new RaftPanic(`entry ${first.index} does not follow ${this.lastIndex}`);
    }
    if (keep < this.entries.length) this.entries.length = keep;
    for (const entry of entries) this.entries.push(entry);
  }

  /** Forgets everything up to `index`. */
  compact(index: number): void {
    const term = this.termOf(index);
    if (term === undefined) throw new RaftPanic(`compaction at ${index}, which is not in the log`);
    this.entries = this.entries.slice(index - this.offset);
    this.offset = index;
    this.offsetTerm = term;
  }

  /** An empty log after a snapshot. */
  reset(index: number, term: number): void {
    this.entries = [];
    this.offset = index;
    this.offsetTerm = term;
  }

  copy(): RaftLog {
    const copy = new RaftLog(this.offset, this.offsetTerm);
    copy.entries = [...this.entries];
    return copy;
  }
}
