/** Puts what Raft nodes do into sentences, and their state into a table after what matters. */
import type { RaftCore } from "../raft/core.ts";
import type { RaftCluster } from "../raft/raft-cluster.ts";
import type { NodeId, RaftEvent } from "../raft/types.ts";
import type { Story, Table } from "./story.ts";

export class ElectionTeller {
  /** Split votes told so far. */
  splits = 0;
  private sentences: string[] = [];
  private tableIsDue = false;
  /** The term whose leader everybody is known to follow. */
  private settledTerm = 0;
  private splitTerm = 0;
  private readonly waits = new Map<NodeId, { last: number; next: number }>();

  constructor(
    private readonly story: Story,
    private readonly ids: readonly NodeId[],
    private readonly cluster: () => RaftCluster,
    private readonly elapsedMs: () => number,
  ) {}

  /** A node drew how long it is to wait for a leader from now on. */
  drew(id: NodeId, ms: number): void {
    this.waits.set(id, { last: this.waits.get(id)?.next ?? ms, next: ms });
  }

  /** Something that the script did. */
  tell(sentence: string): void {
    this.sentences.push(sentence);
    this.flush();
  }

  onEvent(core: RaftCore, event: RaftEvent): void {
    const { id } = core;
    if (event.type === "campaign") {
      this.tableIsDue = true;
      this.say(event.phase === "pre-vote" ? this.askFirst(id, event.term) : stand(id, event.term));
    }
    if (event.type === "vote-cast" && event.phase === "vote") {
      const { candidate, granted, term } = event;
      if (granted) this.say(`${id} gives its one vote of term ${term} to ${candidate}.`);
      else this.say(`${id} refuses ${candidate}: its vote of term ${term} is ${core.vote}'s.`);
    }
    if (event.type === "elected") {
      this.tableIsDue = true;
      const votes = this.votesOf(core);
      this.say(`${id} has ${votes} votes, a majority: it is the leader of term ${event.term}.`);
    }
  }

  /** To be called when all that happens at one moment has happened. */
  afterMoment(): void {
    this.tellSplit();
    this.tellSettled();
    if (this.tableIsDue) this.flush();
  }

  /** Everybody who is alive follows the leader of the newest term. */
  get settled(): boolean {
    const leader = this.cluster().leader();
    if (leader === null) return false;
    const cores = this.alive();
    return cores.every((c) => c.leader === leader.core.id && c.term === leader.core.term);
  }

  private tellSettled(): void {
    const leader = this.cluster().leader();
    if (leader === null || leader.core.term === this.settledTerm || !this.settled) return;
    this.settledTerm = leader.core.term;
    this.tableIsDue = true;
    this.say(`The heartbeats of ${leader.core.id} have reached everybody alive: all follow it.`);
  }

  /** All who can vote have answered, and nobody has a majority. */
  private tellSplit(): void {
    const cores = this.alive();
    const candidates = cores.filter((c) => c.role === "candidate");
    const [first] = candidates;
    if (first === undefined || first.term === this.splitTerm) return;
    if (candidates.some((c) => c.term !== first.term || c.votes.size < cores.length)) return;
    this.splitTerm = first.term;
    this.splits += 1;
    this.tableIsDue = true;
    const names = candidates.map((c) => c.id).join(" and ");
    const each = `${candidates.length > 1 ? "have each" : "has"} ${this.votesOf(first)} votes`;
    const needed = Math.floor(this.ids.length / 2) + 1;
    const waits = candidates.map((c) => `${c.id} ${this.waits.get(c.id)?.next ?? 0} ms`).join(", ");
    this.say(
      `Everybody alive has voted: ${names} ${each}, and ${needed} are needed. The vote is split, ` +
        `term ${first.term} has no leader. Each waits anew (${waits}).`,
    );
  }

  private askFirst(id: NodeId, term: number): string {
    const waited = `${id} has waited ${this.waits.get(id)?.last ?? 0} ms and there is no leader.`;
    return `${waited} It asks who would vote for it in term ${term} (a pre-vote), which disturbs nobody.`;
  }

  private say(sentence: string): void {
    this.sentences.push(sentence);
  }

  private flush(): void {
    this.story.moment(this.elapsedMs(), this.sentences, [this.table()]);
    this.sentences = [];
    this.tableIsDue = false;
  }

  private alive(): readonly RaftCore[] {
    return this.cluster()
      .nodes()
      .map((n) => n.core);
  }

  private table(): Table {
    const header = ["node", "state", "term", "voted for", "votes", "leader"];
    const rows = this.ids.map((id) => {
      const core = this.cluster().member(id).node?.core;
      if (core === undefined) return [id, "down", "-", "-", "-", "-"];
      const { role, term, vote, leader } = core;
      const count = this.votesOf(core);
      // Promises only, where no election was begun.
      const votes = {
        follower: "-",
        "pre-candidate": `(${count})`,
        candidate: count,
        leader: count,
      };
      return [id, role, String(term), vote ?? "-", votes[role], leader ?? "-"];
    });
    return { header, rows };
  }

  private votesOf(core: RaftCore): string {
    const granted = [...core.votes.values()].filter(Boolean).length;
    return `${granted} of ${this.ids.length}`;
  }
}

function stand(id: NodeId, term: number): string {
  return `A majority would: ${id} begins term ${term}, votes for itself and asks for votes.`;
}
