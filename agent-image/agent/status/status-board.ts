/**
 * The one place where the parts of the agent write what they know, and from where watchers are
 * told. Changes of one turn of the event loop are told together.
 */
import type { AgentStatus } from "../../../controller/model/agent-api.ts";

/** Sources of problems, in the order in which they are told. */
export type ProblemSource =
  | "setup"
  | "storage"
  | "order"
  | "etcd"
  | "registration"
  | "naming"
  | "hosts"
  | "ssh"
  | "jupyter"
  | "logs";

const PROBLEM_ORDER: readonly ProblemSource[] = [
  "setup",
  "storage",
  "order",
  "etcd",
  "registration",
  "naming",
  "hosts",
  "ssh",
  "jupyter",
  "logs",
];

export type StatusParts = Omit<AgentStatus, "sequence" | "problems">;

export class StatusBoard {
  private readonly listeners = new Set<(status: AgentStatus) => void>();
  private readonly problems = new Map<ProblemSource, string>();
  private parts: StatusParts;
  private published: AgentStatus;
  private publishedText: string;
  private scheduled = false;

  constructor(initial: StatusParts) {
    this.parts = initial;
    this.published = { ...initial, sequence: 1, problems: [] };
    this.publishedText = fingerprint(this.published);
  }

  /** What is known now, told to watchers or not. */
  get now(): StatusParts {
    return this.parts;
  }

  update(changes: Partial<StatusParts>): void {
    this.parts = { ...this.parts, ...changes };
    this.schedule();
  }

  /** @param sentence why something does not work; null when it does */
  setProblem(source: ProblemSource, sentence: string | null): void {
    if ((this.problems.get(source) ?? null) === sentence) return;
    if (sentence === null) this.problems.delete(source);
    else this.problems.set(source, sentence);
    this.schedule();
  }

  /** The status as of now, with its sequence number. */
  status(): AgentStatus {
    this.publish();
    return this.published;
  }

  /** Calls back on each change; the returned function ends it. */
  subscribe(listener: (status: AgentStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.publish();
    });
  }

  private publish(): void {
    const problems = PROBLEM_ORDER.flatMap((source) => this.problems.get(source) ?? []);
    const next = { ...this.parts, sequence: this.published.sequence, problems };
    const text = fingerprint(next);
    if (text === this.publishedText) return;
    this.published = { ...next, sequence: this.published.sequence + 1 };
    this.publishedText = text;
    for (const listener of this.listeners) listener(this.published);
  }
}

function fingerprint(status: AgentStatus): string {
  return JSON.stringify({ ...status, sequence: 0 });
}
