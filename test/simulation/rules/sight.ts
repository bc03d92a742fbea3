/**
 * What could be seen when a decision was made, told again without the planner's own view: the rules
 * checker its decisions by it, and must not share its mistakes.
 */
import type { AgentStatus, EtcdMember } from "../../../controller/model/agent-api.ts";
import { slotOfMemberName } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { lastKnown, type Observed } from "../../../controller/model/observed.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";

export interface BrokenRule {
  readonly rule: string;
  readonly what: string;
}

export interface SeenNode {
  readonly slot: number;
  /** Null: nobody heard from it just now. */
  readonly agent: AgentStatus | null;
}

export interface Sight {
  readonly nodes: readonly SeenNode[];
  /** Mesos is heard, and has answered for every remembered task. */
  readonly mesosAnswered: boolean;
  /** Mesos agent -> its host: an agent that lost its id comes back with another on the same. */
  readonly hostnames: ReadonlyMap<string, string>;
  /** Remembered tasks of which Mesos cannot tell whether they run. */
  readonly lost: ReadonlySet<string>;
  /** Tasks whose host is gone for good, as an operator says. */
  readonly gone: ReadonlySet<string>;
  /** As the leader in sight tells them; null: there is none, or it cannot say. */
  readonly members: readonly EtcdMember[] | null;
  /** Slot of the leader in sight. */
  readonly leader: number | null;
  /** Slots of voters in sight that follow that leader, itself included. */
  readonly following: ReadonlySet<number>;
  /** Slots that have a vote: by the members, or as they were remembered. */
  readonly voters: readonly number[];
}

export function sightOf(memory: ClusterMemory, observed: Observed): Sight {
  const history = memory.bootstrap?.phase === "done" ? memory.bootstrap.clusterId : null;
  const nodes = memory.slots.map(({ slot, task }) => {
    const source = task === null ? undefined : observed.agents.get(task.taskId);
    return { slot, agent: source?.freshness === "fresh" ? source.value : null };
  });
  const ours = nodes.filter(
    ({ agent }) => agent?.etcd != null && (history === null || agent.etcd.clusterId === history),
  );
  const leader = leaderAmong(ours);
  const leaderId = leader?.agent?.etcd?.memberId;
  const members = leader?.agent?.etcd?.members ?? null;
  const remembered = memory.slots.filter((s) => s.memberId !== null && !s.isLearner);
  const voters =
    members === null ? remembered.map((s) => s.slot) : slotsOf(members.filter((m) => !m.isLearner));
  const following = ours
    .filter(({ slot, agent }) => voters.includes(slot) && agent?.etcd?.leaderId === leaderId)
    .map(({ slot }) => slot);
  const { mesos } = observed;
  const stateOf = (taskId: string) => lastKnown(mesos)?.tasks.get(taskId)?.state;
  return {
    nodes,
    lost: new Set(
      memory.slots
        .flatMap(({ task }) => task?.taskId ?? [])
        .filter((taskId) => taskEnd(stateOf(taskId) ?? "TASK_UNKNOWN") === "uncertain"),
    ),
    hostnames: new Map(
      (lastKnown(mesos)?.offers ?? []).map(({ agentId, hostname }) => [agentId, hostname]),
    ),
    gone: new Set(
      [...(lastKnown(mesos)?.tasks.values() ?? [])]
        .filter(({ state }) => state === "TASK_GONE_BY_OPERATOR")
        .map(({ taskId }) => taskId),
    ),
    mesosAnswered: mesos.freshness === "fresh" && mesos.value.reconciled,
    members,
    leader: leader?.slot ?? null,
    following: new Set(leaderId === undefined ? [] : following),
    voters,
  };
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

export function agentOf({ nodes }: Sight, slot: number): AgentStatus | null {
  return nodes.find((n) => n.slot === slot)?.agent ?? null;
}

/** Voters have names: they have started. */
function slotsOf(members: readonly EtcdMember[]): number[] {
  return members.flatMap(({ name }) => slotOfMemberName(name) ?? []);
}

function leaderAmong(nodes: readonly SeenNode[]): SeenNode | undefined {
  const terms = nodes.flatMap(({ agent }) =>
    agent?.etcd?.leaderId == null ? [] : [agent.etcd.raftTerm],
  );
  const newest = Math.max(0, ...terms);
  return nodes.find(
    ({ agent }) =>
      agent?.etcd != null &&
      agent.etcd.raftTerm === newest &&
      agent.etcd.leaderId === agent.etcd.memberId,
  );
}
