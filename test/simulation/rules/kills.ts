/** Who may be stopped: nobody that the quorum needs, and nobody beside one that is away. */
import { hasSpare, slotCount } from "../../../crd-schema/slots.ts";
import type { ClusterMemory, SlotMemory } from "../../../controller/model/memory.ts";
import { followsLeader } from "../../../controller/model/leader.ts";
import { agentOf, type BrokenRule, majorityOf, type Sight } from "./sight.ts";

/** A person wants it so, or the container is not one of the cluster's. */
const FORCED = /suspended|deleted|restored, as it was asked for|data is on another host/;
/** One at a time, and the leader only after its leadership has moved. */
const IN_TURN = /updated to the new template|^it moves from /;

export function brokenByKills(
  before: ClusterMemory,
  after: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  const killed = after.slots.filter((s) => isNewlyKilled(s, before));
  const gone = new Set(before.slots.filter((s) => s.task?.killRequestedAt != null).map(slotOf));
  const found: BrokenRule[] = [];
  for (const { slot, task } of killed) {
    const reason = task?.killReason ?? "";
    if (!FORCED.test(reason)) found.push(...check(slot, reason, before, sight, gone));
    gone.add(slot);
  }
  return found;
}

function slotOf({ slot }: SlotMemory): number {
  return slot;
}

function isNewlyKilled({ slot, task }: SlotMemory, before: ClusterMemory): boolean {
  if (task === null || task.killRequestedAt === null) return false;
  const former = before.slots.find((s) => s.slot === slot)?.task;
  return former?.taskId === task.taskId && former.killRequestedAt === null;
}

function check(
  slot: number,
  reason: string,
  before: ClusterMemory,
  sight: Sight,
  gone: ReadonlySet<number>,
): readonly BrokenRule[] {
  const found: BrokenRule[] = [];
  const add = (rule: string) => found.push({ rule, what: `slot ${slot} is stopped: ${reason}` });
  if (reason === "scaled in" && sight.voters.includes(slot) && sight.members !== null) {
    add("the member leaves before its container");
  }
  if (isNeeded(slot, before, sight, gone)) add("the quorum is never given up");
  if (!IN_TURN.test(reason)) return found;
  const { spec } = before.cluster;
  const desired = before.slots.filter((s) => s.slot < slotCount(spec));
  // The spare keeps nobody waiting: nothing rests on who has no vote.
  const spare = hasSpare(spec) ? desired.find((s) => !sight.voters.includes(s.slot)) : undefined;
  const others = desired.filter((s) => s !== spare);
  if (sight.leader === slot && sight.following.size > 1) add("leadership moves first");
  const away = others.filter(
    (s) => s.slot !== slot && (gone.has(s.slot) || !isThere(s.slot, spec, sight)),
  );
  if (works(slot, sight) && away.length > 0) add("nobody leaves while another is away");
  return found;
}

/** The voters in sight that stay are too few, and with it they are, or may be, enough. */
function isNeeded(
  slot: number,
  { cluster }: ClusterMemory,
  sight: Sight,
  gone: ReadonlySet<number>,
): boolean {
  const { voters } = sight;
  if (!voters.includes(slot)) return false;
  const { replicas, etcd } = cluster.spec;
  // One or two members on data that stays are updated with a short outage.
  if (Math.max(voters.length, replicas) < 3 && etcd.dataVolume === "local") return false;
  const quorum = majorityOf(voters.length);
  // Also those that follow a leader whose own agent is not heard.
  const stay = voters.filter((s) => s !== slot && !gone.has(s) && votes(s, sight)).length;
  if (stay >= quorum) return false;
  const own = agentOf(sight, slot)?.etcd ?? null;
  if (own !== null) return own.leaderId !== null;
  // Nobody hears it, or what its agent says is from before it served: it may be one of those that make the quorum.
  const unseen = voters.filter((s) => agentOf(sight, s) === null).length;
  return unseen >= quorum || voters.some((s) => votes(s, sight));
}

function works(slot: number, sight: Sight): boolean {
  const agent = agentOf(sight, slot);
  if (agent === null || !votes(slot, sight)) return false;
  return agent.storage.ready && agent.units.sshd.ready && agent.units.jupyter.ready;
}

/** It follows, as a voter or as the learner that it is to be. */
function isThere(slot: number, spec: ClusterMemory["cluster"]["spec"], sight: Sight): boolean {
  const etcd = agentOf(sight, slot)?.etcd ?? null;
  if (!hasSpare(spec)) return followsLeader(etcd);
  return etcd !== null && etcd.leaderId !== null;
}

function votes(slot: number, sight: Sight): boolean {
  return followsLeader(agentOf(sight, slot)?.etcd ?? null);
}
