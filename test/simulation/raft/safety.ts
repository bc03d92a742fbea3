/**
 * The safety properties of the Raft paper (figure 3), checked at every step of every node from
 * what the nodes are seen to do. One checker for one history: for the members of one cluster, up
 * to a forced new beginning.
 */
import type { RaftCore } from "./core.ts";
import type { Entry, NodeId, RaftEvent } from "./types.ts";

export class RaftSafety {
  /** Sentences; empty in a correct run. */
  readonly violations: string[] = [];
  private readonly leaders = new Map<number, NodeId>();
  /** `term/voter` -> candidate */
  private readonly votes = new Map<string, NodeId>();
  /** `index/term` -> the entry and the term before it, the same in every log. */
  private readonly entries = new Map<
    string,
    { readonly entry: Entry; readonly prevTerm: number }
  >();
  private readonly applied = new Map<number, Entry>();
  /** The last entry committed by each leader, terms ascending. */
  private readonly commits: { readonly term: number; readonly entry: Entry }[] = [];

  /** To be called with everything that a node observes. */
  observe(core: RaftCore, event: RaftEvent): void {
    switch (event.type) {
      case "elected":
        this.electionSafety(core, event.term);
        this.leaderCompleteness(core, event.term);
        return;
      case "vote-told":
        return this.oneVotePerTerm(core.id, event.term, event.candidate);
      case "appended":
        return this.logMatching(core.id, event.entry, event.prevTerm);
      case "committed":
        return this.noteCommit(event.term, event.entry);
      case "applied":
        return this.stateMachineSafety(core.id, event.entry);
      default:
        return;
    }
  }

  private electionSafety({ id }: RaftCore, term: number): void {
    const other = this.leaders.get(term);
    if (other !== undefined && other !== id) {
      this.violated("election safety", `${other} and ${id} both lead in term ${term}`);
    }
    this.leaders.set(term, id);
  }

  private oneVotePerTerm(voter: NodeId, term: number, candidate: NodeId): void {
    const key = `${term}/${voter}`;
    const earlier = this.votes.get(key);
    if (earlier !== undefined && earlier !== candidate) {
      const both = `${earlier} and ${candidate}`;
      this.violated("one vote a term", `${voter} votes for ${both} in term ${term}`);
    }
    this.votes.set(key, candidate);
  }

  /** A leader has every entry that leaders of earlier terms committed. */
  private leaderCompleteness(core: RaftCore, term: number): void {
    const last = this.commits.findLast((commit) => commit.term < term)?.entry;
    if (last === undefined || last.index <= core.log.offset) return;
    if (core.log.termOf(last.index) === last.term) return;
    const lost = `entry ${last.index} of term ${last.term}`;
    this.violated("leader completeness", `${core.id} leads in term ${term} without ${lost}`);
  }

  /** Entries of the same index and term are the same, and so are all before them. */
  private logMatching(id: NodeId, entry: Entry, prevTerm: number): void {
    const key = `${entry.index}/${entry.term}`;
    const known = this.entries.get(key);
    if (known === undefined) this.entries.set(key, { entry, prevTerm });
    else if (known.entry !== entry || known.prevTerm !== prevTerm) {
      this.violated("log matching", `${id} has another entry ${entry.index} of term ${entry.term}`);
    }
  }

  private noteCommit(term: number, entry: Entry): void {
    const later = this.commits.findIndex((commit) => commit.term >= term);
    const place = later === -1 ? this.commits.length : later;
    const replaces = this.commits[place]?.term === term ? 1 : 0;
    this.commits.splice(place, replaces, { term, entry });
  }

  private stateMachineSafety(id: NodeId, entry: Entry): void {
    const known = this.applied.get(entry.index);
    if (known === undefined) this.applied.set(entry.index, entry);
    else if (known !== entry) {
      const terms = `of term ${entry.term}, others of term ${known.term}`;
      this.violated("state machine safety", `${id} applies entry ${entry.index} ${terms}`);
    }
  }

  private violated(property: string, what: string): void {
    this.violations.push(`${property}: ${what}`);
  }
}
