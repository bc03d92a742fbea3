/** What a launch failed on, in the words of Docker and of its address management drivers. */
import type { HostWork, Repair } from "../../model/host-task.ts";
import type { SlotTask } from "../../model/memory.ts";

/** By whichever driver: Docker's own, and Calico's. Swarm gives no reason: it waits for the address, and gives up. */
const TAKEN =
  /address already in use|already assigned in block|already allocated|attaching to network failed/i;

/**
 * Null: nothing that a command on that host could mend.
 *
 * @param before of the launch before: what came of it there is told until it is tried again
 * @param local the network is made by the controller itself
 */
export function repairOf(
  failure: string,
  { agentId, hostname }: SlotTask,
  before: Repair | null,
  { network, local }: { readonly network: string; readonly local: boolean },
): Repair | null {
  const work = workFor(failure, network, local);
  if (work === null) return null;
  const isSame = before?.work === work && before.hostname === hostname;
  const outcome = isSame ? before.outcome : null;
  return { work, agentId, hostname, since: null, state: "wanted", outcome };
}

function workFor(failure: string, network: string, local: boolean): HostWork | null {
  if (!/\bstatus 125\b/.test(failure)) return null;
  if (failure.includes(`network ${network} not found`)) return local ? null : "CreateNetwork";
  return TAKEN.test(failure) ? "ReleaseAddress" : null;
}
