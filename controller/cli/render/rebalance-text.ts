/** What a rebalance would do, told for a person. */
import { endedKernelsText } from "./ended-kernels.ts";
import { renderTable } from "./table.ts";
import { livingKernels } from "../../model/kernels.ts";
import type { Move } from "../../model/rebalance.ts";
import type { ClusterStatus } from "../../model/resource.ts";

export function movesTable(moves: readonly Move[]): string {
  return renderTable(
    ["SLOT", "FROM", "TO"],
    moves.map(({ slot, from, to }) => [String(slot), from, to]),
  );
}

/** What it costs, before it is agreed to. */
export function rebalanceWarning(
  moves: readonly Move[],
  { kernels = null }: Partial<Pick<ClusterStatus, "kernels">>,
): string {
  const moved = new Set(moves.map(({ slot }) => slot));
  const ends = endedKernelsText(livingKernels(kernels ?? []).filter((k) => moved.has(k.slot)));

  const hosts = [...new Set(moves.map(({ from }) => from))].sort().join(", ");
  return (
    `The etcd data of a moved node stays on its old host (${hosts}), unused: the node becomes a new ` +
    "member on the other one and copies the data from the leader. Its container is ended, with whatever " +
    "runs in it; shared files are not touched. One node at a time, and only while all are ready.\n" +
    (ends === null ? "" : `It ${ends}.\n`)
  );
}
