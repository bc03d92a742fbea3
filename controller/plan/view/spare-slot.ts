/**
 * Which of the desired slots is the spare (docs/decisions/0036): the one that the cluster can do without
 * best. It follows from what is seen and remembered at each look: no slot is the spare by its number, and
 * nothing has to be handed over.
 */
import { hasSpare, type Sized } from "../../../crd-schema/slots.ts";
import type { NodeView } from "./node-view.ts";
import { type EtcdView, hasQuorumInSight } from "./etcd-view.ts";
import { hasVote } from "./has-vote.ts";
import { takesStartCommand } from "./takes-start-command.ts";

type Seat = Omit<NodeView, "spare">;
type Members = Pick<EtcdView, "members">;

/** Null: the spec asks for none. */
export function spareSlot(nodes: readonly Seat[], etcd: Members, spec: Sized): number | null {
  if (!hasSpare(spec)) return null;
  const desired = nodes.filter((n) => n.desired);
  // A slot that is not remembered yet has the highest number, and nothing.
  if (desired.length <= spec.replicas) return null;
  const rank = (node: Seat) => rankOf(node, etcd);
  // Of a vote too many the newest container's goes: kernels are where people have had the time to start them.
  const since = (node: Seat) => (hasVote(node, etcd) ? (node.task?.launchedAt ?? 0) : 0);
  const ranked = desired.toSorted(
    (a, b) => rank(a) - rank(b) || since(a) - since(b) || a.slot - b.slot,
  );
  return ranked.at(-1)?.slot ?? null;
}

/** The lower, the more the cluster needs it. */
function rankOf(node: Seat, etcd: Members): number {
  const { agent, leads } = node;
  if (leads) return 0;
  if (hasVote(node, etcd)) {
    if (isLostVoter(node)) return 4;
    return agent?.etcd == null ? 2 : 1;
  }
  // One that can vote at once, before one that is to come back first.
  return isLearning(node) ? 3 : 5;
}

/** Its etcd runs, and the leader knows that it does: one that was only added has no name. */
export function isLearning({ agent, member }: Pick<NodeView, "agent" | "member">): boolean {
  return agent?.etcd?.isLearner === true && member?.name !== "";
}

/**
 * Its container ended without having been asked to, and no etcd serves there since; or its data is gone.
 * One that is out of sight, or was stopped to come back, is not lost.
 */
function isLostVoter(node: Seat): boolean {
  const { agent, task, memory, observedTask, dataOwnership } = node;
  if (agent?.etcd != null) return false;
  if (takesStartCommand(node)) {
    if (dataOwnership === "empty" || dataOwnership === "stale") return true;
  }
  if (memory.lastFailure === null) return false;
  if (task === null) return true;
  if (task.readyAt !== null) return false;
  return agent !== null || observedTask?.state !== "TASK_RUNNING";
}

/**
 * The spare still has the vote that another has been given, or is being given. It does not come back as the
 * voter that it was: unless the quorum is gone, for then its vote may be what is missing.
 */
export function losesItsVote(
  node: Pick<NodeView, "spare" | "member" | "memory">,
  etcd: EtcdView,
): boolean {
  return node.spare && hasVote(node, etcd) && hasQuorumInSight(etcd);
}

/** It has no container, and one that cannot be launched keeps nobody waiting; one that is on its way is waited for. */
export function isMissingSpare({ spare, task }: Pick<NodeView, "spare" | "task">): boolean {
  return spare && task === null;
}
