/** On which machine a slot's data volume lies. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { SlotMemory } from "../../model/memory.ts";

export interface DataLocation {
  readonly agentId: string;
  readonly hostname: string | null;
}

/** Null: nowhere, or on a machine that is gone for good. */
export function dataLocation(slot: SlotMemory, spec: ClusterSpec): DataLocation | null {
  const { lastAgentId: agentId, lastHostname: hostname } = slot;
  if (spec.etcd.dataVolume !== "local" || agentId === null) return null;
  return { agentId, hostname };
}

/** A Mesos agent that lost its id comes back with another, on the same machine. */
export function isAt(
  location: DataLocation,
  place: { readonly agentId: string; readonly hostname: string },
): boolean {
  return place.agentId === location.agentId || place.hostname === location.hostname;
}
