/** Who follows which keys of a member's store. */
import type { KeyChange } from "./types.ts";

/** Changes that a watch from the past may ask for; what is older counts as compacted. */
const KEPT_MAX = 200;

export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

interface Watcher {
  readonly range: KeyRange;
  readonly onChanges: (changes: readonly KeyChange[]) => void;
  readonly onEnd: () => void;
}

export class Watches {
  private readonly watchers = new Set<Watcher>();
  private recent: KeyChange[] = [];
  /** Everything after this revision is in `recent`. */
  private compacted = 0;

  /** @returns ends it without a call back; null: what is asked for is compacted */
  open(fromRevision: number, watcher: Watcher): (() => void) | null {
    if (fromRevision <= this.compacted) return null;
    this.watchers.add(watcher);
    const missed = this.recent.filter((change) => change.revision >= fromRevision);
    tell(watcher, missed);
    return () => this.watchers.delete(watcher);
  }

  /** What one transaction has changed. */
  add(changes: readonly KeyChange[]): void {
    this.recent.push(...changes);
    if (this.recent.length > 2 * KEPT_MAX) {
      const gone = this.recent.splice(0, this.recent.length - KEPT_MAX);
      this.compacted = gone.at(-1)?.revision ?? this.compacted;
    }
    for (const watcher of this.watchers) tell(watcher, changes);
  }

  /** The store is another, as of this revision: nobody knows what has changed. */
  reset(revision: number): void {
    this.recent = [];
    this.compacted = revision;
    const ended = [...this.watchers];
    this.watchers.clear();
    for (const { onEnd } of ended) onEnd();
  }
}

function tell({ range, onChanges }: Watcher, changes: readonly KeyChange[]): void {
  const wanted = changes.filter(({ key }) => key >= range.start && key < range.end);
  if (wanted.length > 0) onChanges(wanted);
}
