/** What a node says of itself; watchers are told of each change, changes of one moment together. */
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";

export type StatusParts = Omit<AgentStatus, "sequence">;

export class StatusBoard {
  private parts: StatusParts;
  private published: AgentStatus;
  private scheduled = false;

  constructor(
    initial: StatusParts,
    private readonly clock: Clock,
    private readonly onPublished: (status: AgentStatus) => void,
  ) {
    this.parts = initial;
    this.published = { ...initial, sequence: 1 };
  }

  get now(): StatusParts {
    return this.parts;
  }

  status(): AgentStatus {
    return this.published;
  }

  /** Values that are equal to those before must be the very same. */
  update(changes: Partial<StatusParts>): void {
    const { parts } = this;
    const names = Object.keys(changes) as (keyof StatusParts)[];
    if (names.every((name) => changes[name] === parts[name])) return;
    this.parts = { ...parts, ...changes };
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.after(1, () => {
      this.scheduled = false;
      this.published = { ...this.parts, sequence: this.published.sequence + 1 };
      this.onPublished(this.published);
    });
  }
}

/** The old value when the new one says the same. */
export function settledOn<T>(before: T, after: T): T {
  return before === after || JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
