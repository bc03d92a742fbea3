/**
 * Guards of the planner's own source, each as the text that takes it away. A guard is keyed by its
 * text and not by its file: whitespace does not count, and it must be found in controller/plan
 * exactly once. Decision 0007 tells how they came to be listed.
 */

export interface Guard {
  readonly name: string;
  /** What it keeps from happening, in one sentence. */
  readonly keeps: string;
  readonly find: string;
  readonly replacement: string;
}

export const GUARDS: readonly Guard[] = [
  {
    name: "launch-unreconciled",
    keeps: "nothing is launched before Mesos has answered for every remembered task",
    find: `mesos.freshness === "fresh" && mesos.value.reconciled ? mesos.value : null`,
    replacement: `mesos.freshness === "fresh" ? mesos.value : null`,
  },
  {
    name: "unnamed-task-ended",
    keeps: "a task that Mesos does not name may run on",
    find: `status ? taskEnd(status.state) : "uncertain"`,
    replacement: `status ? taskEnd(status.state) : "ended"`,
  },
  {
    name: "identity-twice",
    keeps: "a member id with which a container was told to join is never told to another",
    find: `member.id !== node.memory.retiredMemberId && !failed`,
    replacement: `!failed`,
  },
  {
    name: "scale-in-quorum",
    keeps: "a slot is scaled in only where the voters in sight are a quorum of the rest",
    find: `members.find((n) => n.agent?.etcd == null && survivesRemoval(view, n)) ??
      members.find((n) => !n.leads && survivesRemoval(view, n) && !stays(n))`,
    replacement: `members.find((n) => n.agent?.etcd == null) ??
      members.find((n) => !n.leads && !stays(n))`,
  },
  {
    name: "leader-moves-first",
    keeps: "the leader is updated only after its leadership has moved",
    find: `if (!node.leads) plan.killTask(node.slot, REASON);`,
    replacement: `if (view.nodes.length > 0) plan.killTask(node.slot, REASON);`,
  },
  {
    name: "add-learner-quorum",
    keeps: "no learner is added with too few voters in sight",
    find: `if (view.etcd.healthyVoters < quorumOf(view.etcd.voters)) return;`,
    replacement: ``,
  },
  {
    name: "promote-quorum",
    keeps: "no learner is promoted with too few voters in sight",
    find: `if (view.etcd.healthyVoters + 1 < quorumOf(view.etcd.voters + 1)) return;`,
    replacement: ``,
  },
  {
    name: "replace-quorum",
    keeps: "no member whose data is lost is removed with too few voters in sight",
    find: `if (!stale?.member || !survivesRemoval(view, stale)) return;`,
    replacement: `if (!stale?.member) return;`,
  },
  {
    name: "spare-vote-quorum",
    keeps:
      "the vote that the spare has taken over is taken only where the others are a quorum without it",
    find: `if (others.length < view.spec.replicas || !survivesRemoval(view, spare)) return;`,
    replacement: ``,
  },
  {
    name: "broken-node-votes",
    keeps: "a faulty node whose vote the others need is not updated",
    find: `return view.etcd.members !== null && survivesAbsence(view);`,
    replacement: `return true;`,
  },
  {
    name: "update-waits-for-all",
    keeps: "no node is updated while another is not ready",
    find: `else if (present.every((n) => n.desired && isSettled(n))) {`,
    replacement: `else {`,
  },
  {
    name: "update-spares-quorum",
    keeps: "no node is updated whose absence the quorum does not survive",
    find: `if (followers.length > 0 && !survivesAbsence(view)) return;`,
    replacement: ``,
  },
  {
    name: "busy-kernels-stay",
    keeps: "a node whose kernels are busy is not ended before the spec's time",
    find: `if (busy.length === 0) return false;`,
    replacement: `if (busy.length >= 0) return false;`,
  },
  {
    name: "kernel-wait-is-kept",
    keeps: "a wait for busy kernels is counted from its beginning, and ends",
    find: `since: before?.since ?? plan.now`,
    replacement: `since: plan.now`,
  },
  {
    name: "update-one-at-a-time",
    keeps: "no node is updated while another is being stopped",
    find: `if (view.nodes.some((n) => n.task !== null && n.task.killRequestedAt !== null)) return;`,
    replacement: ``,
  },
  {
    name: "stale-agents",
    keeps: "what an agent said some time ago is not taken for what is",
    find: `return source?.freshness === "fresh" ? source.value : null;`,
    replacement: `return source === undefined || source.freshness === "unknown" ? null : source.value;`,
  },
  {
    name: "unseen-survivor",
    keeps: "no survivor goes on alone while another is out of sight",
    find: `if (loss.unseen.length > 0) return;`,
    replacement: ``,
  },
  {
    name: "unseen-is-not-lost",
    keeps: "a voter out of sight does not count as lost",
    find: `certain: holders.length + unseen.length < quorumOf(voters.length),`,
    replacement: `certain: holders.length < quorumOf(voters.length),`,
  },
  {
    name: "log-read-first",
    keeps: "no survivor is chosen before each has read its log again",
    find: `if (!loss.survivors.every(hasReadItsLog)) return;`,
    replacement: ``,
  },
  {
    name: "silent-node-spared",
    keeps: "a silent node that the quorum may rest on is not ended",
    find: `const spared = inSight >= quorumOf(running.length) && canSpareSilent(view);`,
    replacement: `const spared = true;`,
  },
  {
    name: "launch-away-quorum",
    keeps: "a slot is launched away from its data only with a quorum in sight",
    find: `location !== null && (runsOnAt !== null || !hasQuorumInSight(etcd))`,
    replacement: `location !== null && runsOnAt !== null`,
  },
];
