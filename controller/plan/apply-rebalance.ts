/** What a person asked for: that nodes move to better hosts, what would be moved, or no more of it. */
import type { ClusterMemory } from "../model/memory.ts";
import type { Asker } from "../model/operation.ts";
import { isRebalancing, type RebalanceAction } from "../model/rebalance.ts";
import { addEvent } from "./events.ts";
import { begun as begunOperation } from "./operations/ledger.ts";
import { endedRebalance } from "./update/end-rebalance.ts";

/** One that is under way goes on; a preview makes room for whatever comes. */
export function applyRebalance(
  memory: ClusterMemory,
  action: RebalanceAction,
  asker: Asker,
  now: number,
): ClusterMemory {
  const { rebalance } = memory;
  const isUnderWay = isRebalancing(rebalance) && !rebalance.preview;
  if (action === "cancel") {
    if (!isRebalancing(rebalance)) return memory;
    const end = { outcome: "Cancelled", why: "it was cancelled" } as const;
    return endedRebalance(memory, rebalance, end, now);
  }
  if (isUnderWay) return memory;
  const preview = action === "preview";
  const begun = { requestedAt: now, preview, moves: [], moving: null, returned: 0 };
  const asked = {
    ...memory,
    rebalance: { ...begun, progressAt: now, offersSince: null, end: null },
  };
  if (preview) return asked;
  const message = "nodes are moved one by one to hosts where they are spread better";
  const told = { type: "Normal", reason: "RebalanceBegun", message } as const;
  const wanted = { kind: "Rebalance", asker, askedAt: now } as const;
  const operations = begunOperation(memory.operations, wanted, now);
  return { ...asked, operations, events: addEvent(memory.events, told, now) };
}
