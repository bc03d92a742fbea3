/**
 * Rare states that the simulator must come to at times: what never happens is not tested, however
 * many seeds are clean. Each is told by what was seen and decided at one reconcile.
 */
import { hasSpare, slotCount } from "../../../crd-schema/slots.ts";
import type { Action, ActionType } from "../../../controller/model/action.ts";
import type { EtcdStart } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory, SlotMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { EventReason } from "../../../controller/model/resource.ts";
import { agentOf, majorityOf, type Sight } from "../rules/sight.ts";

/** One reconcile: what was remembered and seen, what was done, and what is remembered since. */
export interface Moment {
  readonly before: ClusterMemory;
  readonly after: ClusterMemory;
  readonly observed: Observed;
  readonly sight: Sight;
  readonly actions: readonly Action[];
  /** The controller's first reconcile of this cluster. */
  readonly first: boolean;
}

type Is = (moment: Moment) => boolean;

const all =
  (...parts: readonly Is[]): Is =>
  (moment) =>
    parts.every((is) => is(moment));

const some =
  (is: (slot: SlotMemory, moment: Moment) => boolean): Is =>
  (moment) =>
    moment.before.slots.some((slot) => is(slot, moment));

const does =
  (type: ActionType): Is =>
  ({ actions }) =>
    actions.some((a) => a.type === type);

const told =
  (reason: EventReason): Is =>
  ({ before, after }) =>
    after.events.some((e) => e.reason === reason && !before.events.includes(e));

const starts =
  (mode: EtcdStart["mode"]): Is =>
  ({ actions }) =>
    actions.some((a) => a.type === "StartEtcd" && a.command.etcd.mode === mode);

const spec = ({ before }: Moment) => before.cluster.spec;
const isWanted = ({ slot }: SlotMemory, moment: Moment) => slot < slotCount(spec(moment));
const isDown = ({ task }: SlotMemory) => task === null;
const votes = (slot: SlotMemory) => slot.memberId !== null && !slot.isLearner;
const isUnseen = ({ slot, task }: SlotMemory, { sight }: Moment) =>
  task !== null && agentOf(sight, slot) === null;

const withSpare: Is = (m) => hasSpare(spec(m));
const tooManyVotes: Is = (m) => m.before.slots.filter(votes).length > spec(m).replicas;
const quorate: Is = ({ sight }) => sight.members !== null;
const formed: Is = ({ before }) => before.bootstrap?.phase === "done";
const leaderless: Is = all(formed, ({ sight }) => sight.leader === null);
const forming: Is = ({ before }) => before.bootstrap?.phase === "started";
const growing: Is = all(
  formed,
  some((s, m) => isWanted(s, m) && s.memberId === null),
);
const shrinking: Is = some((s, m) => !isWanted(s, m) && s.memberId !== null);
const suspended: Is = (m) => spec(m).suspend;
const learning: Is = ({ sight }) => sight.members?.some((m) => m.isLearner) === true;
const recovering: Is = ({ before }) => before.recovery.inProgress !== null;
const requested: Is = ({ before }) => before.recovery.requested !== null;
const unconfirmed: Is = ({ before }) => before.recovery.pendingVoterChange !== null;
const mesosUnsure: Is = ({ sight }) => !sight.mesosAnswered;
const voterDown: Is = some((s) => votes(s) && isDown(s));
const voterUnseen: Is = some((s, m) => votes(s) && isUnseen(s, m));
const barely: Is = all(quorate, ({ sight }) => {
  return sight.voters.length > 2 && sight.following.size === majorityOf(sight.voters.length);
});
const tooFew: Is = all(quorate, ({ sight }) => {
  return sight.following.size < majorityOf(sight.voters.length);
});
const restarted: Is = ({ first, before }) => first && before.slots.length > 0;
const stopping: Is = some(({ task }) => task?.killRequestedAt != null);
const unreachable: Is = some(({ task }) => task?.unreachableSince != null);
const corrupt: Is = ({ sight }) => sight.nodes.some((n) => n.agent?.data.state === "corrupt");
const emptied: Is = some(
  (s, { sight }) => votes(s) && agentOf(sight, s.slot)?.data.state === "empty",
);
const updating: Is = all(formed, ({ before }) => {
  return before.conditions.some((c) => c.type === "AllMembersUpdated" && c.status === "False");
});
/** By the order of its launch. */
const resumed: Is = some(({ slot, task }, { sight }) => {
  if (task === null || !task.resumes || task.startCommand !== null) return false;
  return agentOf(sight, slot)?.units.etcd.pid != null;
});
const misplaced: Is = some(
  ({ task, lastAgentId }) => task !== null && lastAgentId !== null && task.agentId !== lastAgentId,
);
const moving: Is = ({ before }) =>
  before.rebalance?.moving != null && before.rebalance.end === null;
const lost: Is = ({ before }) => before.recovery.lostSince !== null;
const awaiting: Is = some(({ task }) => task?.kernelWait != null);
const scalingInAwaits: Is = some((s, m) => !isWanted(s, m) && s.task?.kernelWait != null);
const awaited: Is = ({ after }) => after.events.some((e) => e.reason === "KernelsAwaited");
const manyEpochs: Is = ({ before }) => before.recovery.epoch > 1;

export const SOMETIMES = {
  "a first member dies while the cluster forms": all(forming, some(isDown)),
  "a first member is out of sight while the cluster forms": all(forming, some(isUnseen)),
  "the controller starts while the cluster forms": all(forming, restarted),
  "first members have forgotten": told("FirstMembersLost"),
  "first members begin again": told("BootstrapLost"),
  "data of an earlier controller is adopted": told("DataAdopted"),
  "a restore is asked for while the cluster forms": all(forming, requested),
  "no leader while the cluster grows": all(growing, leaderless),
  "a voter is down while the cluster grows": all(growing, voterDown),
  "too few voters in sight while the cluster grows": all(growing, tooFew),
  "a learner is added while a voter is down": all(does("AddLearner"), voterDown),
  "a learner is added while another template is rolled out": all(does("AddLearner"), updating),
  "no leader while there is a learner": all(
    leaderless,
    some((s) => s.isLearner),
  ),
  "a learner's container is down": some((s) => s.isLearner && isDown(s)),
  "a learner is out of sight": some((s, m) => s.isLearner && isUnseen(s, m)),
  "a learner makes room for another": all(does("RemoveMember"), learning),
  "a learner is promoted while a voter is down": all(does("PromoteMember"), voterDown),
  "a learner is promoted while a voter is out of sight": all(does("PromoteMember"), voterUnseen),
  "a learner is promoted with barely a quorum": all(does("PromoteMember"), barely),
  "a spare gets a lost vote": told("SparePromoted"),
  "a spare gets a lost vote with barely a quorum": all(told("SparePromoted"), barely),
  "the vote of a lost voter is taken": told("SpareReplaced"),
  "there is a vote too many and no leader": all(leaderless, withSpare, tooManyVotes),
  "there is a vote too many after a restart": all(restarted, withSpare, tooManyVotes),
  "a spare is down while a voter is": all(
    withSpare,
    voterDown,
    some((s) => s.isLearner && isDown(s)),
  ),
  "a spare waits while the cluster forms": all(forming, withSpare),
  "a cluster with a spare begins anew": all(recovering, withSpare),
  "a member is replaced": told("MemberReplaced"),
  "a member is replaced while another is out of sight": all(told("MemberReplaced"), voterUnseen),
  "a member is replaced with barely a quorum": all(told("MemberReplaced"), barely),
  "data of two voters is gone": ({ before, sight }) =>
    before.slots.filter((s) => votes(s) && agentOf(sight, s.slot)?.data.state === "empty").length >
    1,
  "data is gone and too few voters in sight": all(emptied, tooFew),
  "data is gone and no leader": all(emptied, leaderless),
  "data is broken": corrupt,
  "data is broken and no leader": all(corrupt, leaderless),
  "a member leaves while a voter is down": all(shrinking, does("RemoveMember"), voterDown),
  "a member leaves while a voter is out of sight": all(shrinking, voterUnseen),
  "no leader while the cluster shrinks": all(shrinking, leaderless),
  "too few voters in sight while the cluster shrinks": all(shrinking, tooFew),
  "leadership moves while the cluster shrinks": all(shrinking, does("MoveLeader")),
  "the controller starts while the cluster shrinks": all(shrinking, restarted),
  "leadership moves for an update": all(updating, does("MoveLeader")),
  "no leader during an update": all(updating, leaderless),
  "a voter is out of sight during an update": all(updating, voterUnseen),
  "too few voters in sight during an update": all(updating, tooFew),
  "the controller starts during an update": all(updating, restarted),
  "a change of a vote is not confirmed": all(unconfirmed, leaderless),
  "a change of a vote is not confirmed and data is gone": all(unconfirmed, leaderless, emptied),
  "a change of a vote is not confirmed after a restart": all(unconfirmed, restarted),
  "a quorum is lost for certain": lost,
  "a quorum is lost while a voter is out of sight": all(lost, voterUnseen),
  "a survivor goes on alone": starts("force-new-cluster"),
  "a snapshot is restored": starts("restore"),
  "a new beginning is given up": told("RecoveryFailed"),
  "a former quorum comes back": told("QuorumBack"),
  "a cluster is begun anew a second time": manyEpochs,
  "the controller starts while a cluster begins anew": all(recovering, restarted),
  "the seed is out of sight while a cluster begins anew": all(
    recovering,
    some((s, m) => s.slot === m.before.recovery.inProgress?.slot && isUnseen(s, m)),
  ),
  "suspended while a cluster begins anew": all(recovering, suspended),
  "a restore is asked for while suspended": all(requested, suspended),
  "a restore is asked for without a leader": all(requested, leaderless),
  "a restore waits for a host that is cut off": all(requested, unreachable),
  "the controller starts while a restore is asked for": all(requested, restarted),
  "suspended while the cluster grows": all(suspended, growing),
  "suspended while a host is cut off": all(suspended, unreachable),
  "Mesos has not answered and a slot is vacant": all(mesosUnsure, some(isDown)),
  "Mesos has not answered and a task is being stopped": all(mesosUnsure, stopping),
  "Mesos has not answered and there is no leader": all(mesosUnsure, leaderless),
  "a node resumes before it is told": resumed,
  "a node resumes before it is told and there is no leader": all(resumed, leaderless),
  "a node resumes before it is told and the controller starts": all(resumed, restarted),
  "a slot runs away from its data": misplaced,
  "a slot runs away from its data and there is no leader": all(misplaced, leaderless),
  "an agent is silent for long": some(
    ({ task }) => task?.killReason === "its agent does not answer",
  ),
  "a node moves to a better host": moving,
  "a node moves to a better host and there is no leader": all(moving, leaderless),
  "a node moves to a better host while a voter is out of sight": all(moving, voterUnseen),
  "the controller starts while a node moves": all(moving, restarted),
  "a node stays for its busy kernels": awaiting,
  "a node stays for its busy kernels and there is no leader": all(awaiting, leaderless),
  "a slot stays for its busy kernels that is to be scaled in": scalingInAwaits,
  "the controller starts while a node stays for its kernels": all(awaiting, restarted),
  "kernels are given up with their node": all(told("KernelsLost"), awaited),
  "a host is cut off and there is no leader": all(unreachable, leaderless),
  "every node is out of sight": all(quorateBefore, ({ sight }) =>
    sight.nodes.every((n) => n.agent === null),
  ),
} as const satisfies Record<string, Is>;

export type SometimesName = keyof typeof SOMETIMES;

export const SOMETIMES_NAMES = Object.keys(SOMETIMES) as readonly SometimesName[];

/** Which of them this reconcile is one of. */
export function rareStates(moment: Moment): readonly SometimesName[] {
  return SOMETIMES_NAMES.filter((name) => SOMETIMES[name](moment));
}

function quorateBefore({ before }: Moment): boolean {
  return before.bootstrap?.phase === "done" && before.slots.some((s) => s.task !== null);
}
