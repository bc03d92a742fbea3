/**
 * The order that a task is launched with where its slot's data waits for it: the agent resumes etcd on
 * that data at once, and the start command, which bears the same id, only confirms it. Nothing in it is
 * secret (docs/decisions/0031).
 */
export interface StandingResume {
  readonly commandId: string;
  /** The data must be this member's, of this cluster; hex. */
  readonly clusterId: string;
  readonly memberId: string;
  /** Milliseconds since the epoch: from then on the node waits to be told, as without an order. */
  readonly notAfter: number;
}

/** What has become of the membership while a launch took longer, nobody at its host can know. */
export const STANDING_MS_MAX = 60_000;

/** Of the start command as of the order: to the agent they are one. */
export function resumeCommandId(taskId: string): string {
  return `${taskId}:resume`;
}
