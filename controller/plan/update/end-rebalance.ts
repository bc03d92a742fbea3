/** How a rebalance ends, in memory and in words. */
import type { ClusterMemory } from "../../model/memory.ts";
import type { Move, Rebalance, RebalanceOutcome } from "../../model/rebalance.ts";
import { addEvent } from "../events.ts";
import { allEnded } from "../operations/ledger.ts";

interface End {
  readonly outcome: RebalanceOutcome;
  /** A clause. */
  readonly why: string;
}

export function endedRebalance(
  memory: ClusterMemory,
  rebalance: Rebalance,
  { outcome, why }: End,
  now: number,
): ClusterMemory {
  const { preview, moving } = rebalance;
  const left = moving === null ? "" : ` Slot ${moving.slot} is started again wherever it can be.`;
  const message = `${describeMoves(rebalance)}; ${why}.${left}`;
  const ended = { ...memory, rebalance: { ...rebalance, end: { at: now, outcome, message } } };
  if (preview) return ended;
  const type = outcome === "Incomplete" ? "Warning" : "Normal";
  const told = { type, reason: "RebalanceEnded", message } as const;
  const end = { state: outcome, message };
  const operations = allEnded(memory.operations, ["Rebalance"], end, now);
  return { ...ended, operations, events: addEvent(memory.events, told, now) };
}

function describeMoves({ preview, moves }: Rebalance): string {
  const [was, were] = preview ? ["would be", "would be"] : ["was", "were"];
  if (moves.length === 0) return `no node ${was} moved`;
  const count = moves.length === 1 ? `1 node ${was} moved` : `${moves.length} nodes ${were} moved`;
  return `${count} (${moves.map(describeMove).join(", ")})`;
}

export function describeMove({ slot, from, to }: Move): string {
  return `slot ${slot} from ${from} to ${to}`;
}
