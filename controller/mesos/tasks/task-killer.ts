/**
 * KILL until the task has ended: a master loses a KILL for an agent that has not come back to it,
 * and says nothing.
 */
import { messageOf } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import type { SendCall } from "../http/call-channel.ts";

/** Longer than Mesos's default grace of 5 s, within which a repetition would say nothing. */
export const KILL_PACE: Backoff = { firstMs: 6000, capMs: 60_000 };

interface Kill {
  readonly agentId: string | null;
  readonly graceMs: number | null;
  attempts: number;
  cancel: (() => void) | null;
}

export class TaskKiller {
  private readonly kills = new Map<string, Kill>();
  private connected = false;

  constructor(
    private readonly send: SendCall,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /**
   * Asking again for the same task changes nothing: its pace goes on.
   * @throws OperationError when the first KILL could not be sent; it is repeated all the same
   */
  async kill(taskId: string, agentId: string | null, graceMs: number | null): Promise<void> {
    if (this.kills.has(taskId)) return;
    const kill: Kill = { agentId, graceMs, attempts: 0, cancel: null };
    this.kills.set(taskId, kill);
    await this.attempt(taskId, kill);
  }

  /** It has ended, or nobody cares any more. */
  settle(taskId: string): void {
    this.kills.get(taskId)?.cancel?.();
    this.kills.delete(taskId);
  }

  subscribed(): void {
    this.connected = true;
    for (const [taskId, kill] of this.kills) {
      kill.attempts = 0;
      this.repeat(taskId, kill);
    }
  }

  /** Nothing can be sent; what is to be killed is not forgotten. */
  disconnected(): void {
    this.connected = false;
    for (const kill of this.kills.values()) {
      kill.cancel?.();
      kill.cancel = null;
    }
  }

  /** Gives up kills of tasks that nobody knows. */
  prune(isKnown: (taskId: string) => boolean): void {
    for (const taskId of this.kills.keys()) if (!isKnown(taskId)) this.settle(taskId);
  }

  private repeat(taskId: string, kill: Kill): void {
    this.attempt(taskId, kill).catch((error: unknown) => {
      this.log.warn({ taskId, error: messageOf(error) }, "Mesos KILL failed, trying again");
    });
  }

  private attempt(taskId: string, kill: Kill): Promise<void> {
    kill.attempts += 1;
    kill.cancel?.();
    kill.cancel = this.connected
      ? this.clock.after(delayAfter(KILL_PACE, kill.attempts), () => this.repeat(taskId, kill))
      : null;
    const { agentId, graceMs } = kill;
    return this.send({
      type: "KILL",
      kill: {
        task_id: { value: taskId },
        ...(agentId === null ? {} : { agent_id: { value: agentId } }),
        ...(graceMs === null
          ? {}
          : { kill_policy: { grace_period: { nanoseconds: Math.round(graceMs * 1e6) } } }),
      },
    });
  }
}
