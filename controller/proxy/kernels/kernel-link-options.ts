/** What a page's WebSocket to a kernel needs of those who hold it. */
import type { Socket } from "node:net";
import type { Clock } from "../../model/ports.ts";
import type { ByteBudget } from "../byte-budget.ts";
import type { Upstream } from "../upstream.ts";
import type { JoinOutcome, OutcomeFacts } from "./join-outcome.ts";
import type { Joinable } from "./kernel-channel.ts";

export interface KernelLinkOptions {
  readonly client: Socket;
  /** As the first server said it. */
  readonly first: Joinable;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Finds a server and attaches it, or lets the page be taken leave of. */
  rejoin(): void;
  /** The target hung up without a close frame. */
  onLost(upstream: Upstream): void;
  /** What became of it after a loss. */
  onOutcome(outcome: JoinOutcome, facts: OutcomeFacts): void;
  /** Both ends are closed. */
  onClosed(): void;
}
