/** A person takes over what clusters of the same name have left: remembered before it is used. */
import type { OwnerUid } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import { addEvent } from "./events.ts";

export function applyAdoption(
  memory: ClusterMemory,
  owners: readonly OwnerUid[],
  now: number,
): ClusterMemory {
  const added = owners.filter((uid) => !memory.adopted.includes(uid));
  if (added.length === 0) return memory;
  const whose = added.map((uid) => (uid === null ? "without a uid" : `of uid ${uid}`)).join(", ");
  const message = `volumes and networks ${whose} are taken over, as it was asked for`;
  const events = addEvent(
    memory.events,
    { type: "Warning", reason: "VolumesAdopted", message },
    now,
  );
  return { ...memory, adopted: [...memory.adopted, ...added], events };
}
