/** What a proxy tells of itself, for metrics. */
import type { JoinCounts } from "./kernels/join-outcome.ts";

/** Totals since the start, and what goes on now. */
export interface ProxyStats {
  readonly requests: number;
  readonly retries: number;
  readonly heldTotal: number;
  readonly refused: number;
  readonly held: number;
  readonly active: number;
  readonly webSockets: number;
  readonly connections: number;
  /** What became of the kernels' WebSockets whose server was lost. */
  readonly joins: Readonly<JoinCounts>;
}
