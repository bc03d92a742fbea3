/** What the agents of all running tasks say, as it comes. */
import type { AgentStatus } from "../model/agent-api.ts";
import type { Source } from "../model/observed.ts";
import type { AgentVersion } from "../model/release.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { AgentStream } from "./agent-stream.ts";
import type { AgentTarget, ConnectAgent } from "./connection.ts";

export interface AgentStreamsOptions {
  readonly connect: ConnectAgent;
  readonly clock: Clock;
  readonly log: Logger;
  /** A status is new, or a node has come into or gone out of sight. Never called within a call. */
  onChange(taskId: string): void;
}

export class AgentStreams {
  private readonly streams = new Map<string, AgentStream>();

  constructor(private readonly options: AgentStreamsOptions) {}

  /**
   * Keeps a stream to the task's agent until `disconnect`. Idempotent; another address or token
   * begins anew. Only for tasks that run: an address without a container swallows what is sent.
   */
  connect(taskId: string, target: AgentTarget): void {
    const existing = this.streams.get(taskId);
    const { ip, token } = target;
    if (existing?.options.ip === ip && existing.options.token === token) return;
    existing?.close();
    const stream = new AgentStream({
      ...this.options,
      ...target,
      taskId,
      onChange: () => this.options.onChange(taskId),
    });
    this.streams.set(taskId, stream);
    stream.start();
  }

  disconnect(taskId: string): void {
    this.streams.get(taskId)?.close();
    this.streams.delete(taskId);
  }

  /**
   * Fresh while the stream stands; stale from its end, or after three silent beats; unknown before
   * the first status; undefined for a task that is not connected.
   */
  observe(taskId: string): Source<AgentStatus> | undefined {
    return this.streams.get(taskId)?.observe();
  }

  /** Another task whose agent answered at this one's address last; null: none has. */
  otherTaskAt(taskId: string): string | null {
    return this.streams.get(taskId)?.otherTask() ?? null;
  }

  /** Null: it speaks a version of the contract that we know, or has not been heard. */
  unsupported(taskId: string): AgentVersion | null {
    return this.streams.get(taskId)?.unsupported ?? null;
  }

  /** Of all that are connected, or being dialled. */
  taskIds(): readonly string[] {
    return [...this.streams.keys()];
  }

  targetOf(taskId: string): AgentTarget | undefined {
    return this.streams.get(taskId)?.options;
  }

  closeAll(): void {
    for (const taskId of this.streams.keys()) this.disconnect(taskId);
  }
}
