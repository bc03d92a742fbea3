/** Nodes whose data lies on a disk that is full, in words. */
import { dataVolumeName } from "../../model/ids.ts";
import type { NodeDisk } from "../../model/node-disk.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

const MIB = 2 ** 20;

export interface FullDisk {
  readonly slot: number;
  /** Which it is, and how much is left. */
  readonly text: string;
}

export function fullDisks(view: ClusterView): readonly FullDisk[] {
  return view.nodes.flatMap((node) => {
    const disk = node.agent?.disk;
    return disk?.full ? [{ slot: node.slot, text: describe(node, disk, view) }] : [];
  });
}

function describe({ slot, task }: NodeView, disk: NodeDisk, { spec, ref }: ClusterView): string {
  const what =
    spec.etcd.dataVolume === "local" ? `volume ${dataVolumeName(ref, slot)}` : "its container";
  const where = task === null ? "" : ` on ${task.hostname}`;
  const left = `${mebibytes(disk.availableBytes)} of ${mebibytes(disk.sizeBytes)} MiB left`;
  return `slot ${slot}'s (${what}${where}: ${left})`;
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / MIB);
}
