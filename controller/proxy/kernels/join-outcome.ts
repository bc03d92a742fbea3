/** What becomes of a page's WebSocket whose server is lost. */

export const JOIN_OUTCOMES = [
  /** It goes on at the next server, at the exact message. */
  "joined",
  /** It goes on, with another kernel: that of the page has ended with its node. */
  "another-kernel",
  /** The rest told the page to connect anew. Half of a large message had passed. */
  "half-message",
  /** A message has passed of which nobody can make out what it was. */
  "unknown-message",
  /** Its servers are lost time and again. */
  "too-often",
  /** Nobody led in time. */
  "no-leader",
  /** The next server has no such kernel, or hangs up. */
  "refused",
  /** The next server knows nothing of joins. */
  "unknown-to-server",
] as const;

export type JoinOutcome = (typeof JOIN_OUTCOMES)[number];

/** One that the page notices. */
export type NotJoined = Exclude<JoinOutcome, "joined" | "another-kernel">;

export interface OutcomeFacts {
  /** From the loss on. Milliseconds. */
  readonly tookMs: number;
  /** Of the next server's answer, where it refused. */
  readonly status?: number | undefined;
}

export type JoinCounts = Record<JoinOutcome, number>;

export function noJoins(): JoinCounts {
  const none = JOIN_OUTCOMES.map((outcome) => [outcome, 0] as const);
  return Object.fromEntries(none) as JoinCounts;
}
