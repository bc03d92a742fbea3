/**
 * The one place where the parts of the agent write what they know, and from where watchers are
 * told. Changes of one turn of the event loop are told together.
 */
import type { AgentStatus } from "../../../controller/model/agent-api.ts";

/** Sources of problems, in the order in which they are told. */
export type ProblemSource =
  | "setup"
  | "disk"
  | "storage"
  | "command"
  | "certificate"
  | "recovery"
  | "etcd"
  | "registration"
  | "naming"
  | "hosts"
  | "ssh"
  | "jupyter"
  | "logs";

const PROBLEM_ORDER: readonly ProblemSource[] = [
  "setup",
  "disk",
  "storage",
  "command",
  "certificate",
  "recovery",
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
  private scheduled = false;

  /** @param soon calls back at the end of the turn in which it was asked to */
  constructor(
    initial: StatusParts,
    private readonly soon: (callback: () => void) => void,
  ) {
    this.parts = initial;
    this.published = { ...initial, sequence: 1, problems: [] };
  }

  /** What is known now, told to watchers or not. */
  get now(): StatusParts {
    return this.parts;
  }

  update(changes: Partial<StatusParts>): void {
    const settled = settle(this.parts, changes);
    if (settled === this.parts) return;
    this.parts = settled;
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
    this.soon(() => {
      this.scheduled = false;
      this.publish();
    });
  }

  private publish(): void {
    const { sequence, problems: before, ...told } = this.published;
    const now = PROBLEM_ORDER.flatMap((source) => this.problems.get(source) ?? []);
    const problems = isSame(before, now) ? before : now;
    const parts = settle(told, this.parts);
    if (parts === told && problems === before) return;
    this.published = { ...parts, sequence: sequence + 1, problems };
    for (const listener of this.listeners) listener(this.published);
  }
}

/** What says the same as before stays the very same, so that it need not be looked into again. */
function settle(before: StatusParts, changes: Partial<StatusParts>): StatusParts {
  const names = Object.keys(changes) as (keyof StatusParts)[];
  const changed = names.filter((name) => !isSame(before[name], changes[name]));
  if (changed.length === 0) return before;
  return { ...before, ...Object.fromEntries(changed.map((name) => [name, changes[name]])) };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
