/** The agents' streams, without their sockets: what a stream that stands would have brought. */
import { AGENT_BEAT_MS, type AgentStatus } from "../../../controller/model/agent-api.ts";
import { fresh, type Source, unknown } from "../../../controller/model/observed.ts";
import type { Clock } from "../../../controller/model/ports.ts";

/** As controller/agents/agent-stream.ts has it. */
const SILENCE_MS_MAX = 3 * AGENT_BEAT_MS + 200;
const DIAL_MS = 5;

export interface CheapStreamsOptions {
  readonly clock: Clock;
  /** What the agent of a task would tell whoever dials it now. */
  statusOf(taskId: string): AgentStatus | null;
  onChange(taskId: string): void;
}

export class CheapStreams {
  private readonly sources = new Map<string, Source<AgentStatus>>();

  constructor(private readonly options: CheapStreamsOptions) {}

  connect(taskId: string, _ip: string, _token: string): void {
    if (this.sources.has(taskId)) return;
    this.sources.set(taskId, unknown("not connected yet"));
    this.options.clock.after(DIAL_MS, () => {
      const status = this.options.statusOf(taskId);
      if (status !== null) this.tell(taskId, status);
    });
  }

  disconnect(taskId: string): void {
    this.sources.delete(taskId);
  }

  observe(taskId: string): Source<AgentStatus> | undefined {
    return this.sources.get(taskId);
  }

  tell(taskId: string, status: AgentStatus): void {
    const before = this.sources.get(taskId);
    if (before === undefined) return;
    if (before.freshness === "fresh" && before.value.sequence === status.sequence) return;
    this.sources.set(taskId, fresh(status));
    this.options.onChange(taskId);
  }

  /** The peer has closed it: that is seen at once. */
  closed(taskId: string): void {
    this.options.clock.after(1, () => this.lose(taskId));
  }

  /** Nothing comes any more, and nobody says so. */
  silent(taskId: string): void {
    this.options.clock.after(SILENCE_MS_MAX, () => this.lose(taskId));
  }

  private lose(taskId: string): void {
    const before = this.sources.get(taskId);
    if (before?.freshness !== "fresh") return;
    const since = this.options.clock.now();
    this.sources.set(taskId, { freshness: "stale", value: before.value, since });
    this.options.onChange(taskId);
  }
}
