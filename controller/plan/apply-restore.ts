/** What a person asked for: etcd goes back to a snapshot, or begins empty. */
import type { ClusterMemory } from "../model/memory.ts";
import type { Asker } from "../model/operation.ts";
import type { RestoreRequest } from "../model/snapshot.ts";
import { asked, ended } from "./operations/ledger.ts";

/** A later one takes the place of one that is not begun yet. */
export function applyRestore(
  memory: ClusterMemory,
  requested: RestoreRequest,
  asker: Asker,
  now: number,
): ClusterMemory {
  const message = "another restore was asked for before it began";
  const waiting = memory.operations.find((o) => o.kind === "Restore" && o.state === "Pending");
  const before =
    waiting === undefined
      ? memory.operations
      : ended(memory.operations, waiting.number, { state: "Cancelled", message }, now);
  const operations = asked(before, {
    kind: "Restore",
    asker,
    askedAt: now,
    snapshot: requested.from === "snapshot" ? requested.snapshot : null,
    message: requested.from === "snapshot" ? `snapshot ${requested.snapshot.id}` : "an empty etcd",
  });
  return { ...memory, operations, recovery: { ...memory.recovery, requested } };
}
