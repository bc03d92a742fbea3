/** Guards that the tests take away, and the checks that must notice. */
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import { fresh, type Observed } from "../../../controller/model/observed.ts";
import type { StateStore } from "../../../controller/store/state-backend.ts";
import { NO_MUTATION, type Mutation } from "../controller/mutation.ts";

export interface PlantedBug {
  readonly mutation: Partial<Mutation>;
  /** Any of these may be the one that finds it. */
  readonly foundBy: readonly string[];
}

export const PLANTED_BUGS = {
  /** A node out of sight counts as one that has nothing any more. */
  "unknown is taken for absent": {
    mutation: {
      observe: (observed) =>
        changeAgents(observed, (status, isFresh) =>
          isFresh
            ? status
            : { ...status, phase: "awaiting-start", data: { state: "empty" }, etcd: null },
        ),
    },
    foundBy: [
      "begun anew too early",
      "healthy member removed",
      "acknowledged write lost",
      "one history",
    ],
  },
  /** The proxy follows whoever says that it leads, and not the one of the highest term. */
  "the proxy is not fenced by the term": {
    mutation: { candidates: (nodes) => nodes.map(oldestClaim(nodes)) },
    foundBy: ["proxy on a deposed leader"],
  },
  /** The table of names counts as the present leader's, whoever wrote it. */
  "the hosts table is not fenced by the term": {
    mutation: { observe: believeTables },
    foundBy: ["XXX-0 leads"],
  },
  /** A member votes as soon as it is added. */
  "a voter is added instead of a learner": {
    mutation: {
      request: (request) =>
        request.type === "member-add" ? { ...request, isLearner: false } : request,
    },
    foundBy: ["liveness", "quorum given up", "begun anew too early"],
  },
  /** A controller believes that it acts for as long as nobody tells it otherwise. */
  "the term is not asked for before an effect": {
    mutation: { term: ({ number }) => ({ number, isHeld: () => true }) },
    foundBy: ["two controllers act"],
  },
  /** What is written does not depend on who acts, nor on what was known of the key. */
  "writes are not fenced by the term": {
    mutation: {
      transaction: (transaction) =>
        transaction.writes.some(({ key }) => key.includes("/controllers/"))
          ? transaction
          : { ...transaction, conditions: [] },
    },
    foundBy: ["former term writes", "memory went back"],
  },
  /** The launch leaves while what must be remembered of it is still on its way to the store. */
  "a launch does not wait until it is stored": {
    mutation: { state: storeLate },
    foundBy: ["launched before it was stored"],
  },
} as const satisfies Record<string, PlantedBug>;

export type PlantedName = keyof typeof PLANTED_BUGS;

/** Several at a time. */
export function mutationOf(names: readonly PlantedName[]): Mutation {
  const parts = names.map((name) => ({ ...NO_MUTATION, ...PLANTED_BUGS[name].mutation }));
  return {
    observe: (observed) => parts.reduce((o, p) => p.observe(o), observed),
    candidates: (nodes) => parts.reduce((n, p) => p.candidates(n), nodes),
    request: (request) => parts.reduce((r, p) => p.request(r), request),
    state: (state) => parts.reduce((s, p) => p.state(s), state),
    term: (term) => parts.map((p) => p.term(term)).find((t) => t !== term) ?? term,
    transaction: (transaction) => parts.reduce((t, p) => p.transaction(t), transaction),
  };
}

function storeLate(state: StateStore): StateStore {
  const { memories } = state;
  const save: StateStore["memories"]["save"] = (key, memory) => {
    // Who writes at a later moment hears of it; here nobody does.
    memories.save(key, memory).catch(() => undefined);
    return Promise.resolve();
  };
  return { ...state, memories: { save, remove: (key) => memories.remove(key) } };
}

function changeAgents(
  observed: Observed,
  change: (status: AgentStatus, isFresh: boolean) => AgentStatus,
): Observed {
  const agents = new Map(
    [...observed.agents].map(([taskId, source]) => {
      if (source.freshness === "unknown") return [taskId, source] as const;
      return [taskId, fresh(change(source.value, source.freshness === "fresh"))] as const;
    }),
  );
  return { ...observed, agents };
}

/** All others that say so are silenced. */
function oldestClaim(nodes: readonly LeaderCandidate[]) {
  const claims = nodes.filter(({ agent }) => leads(agent));
  const term = Math.min(...claims.map(({ agent }) => agent?.etcd?.raftTerm ?? 0));
  return (node: LeaderCandidate): LeaderCandidate =>
    (node.agent?.etcd?.raftTerm ?? 0) > term ? { ...node, agent: null } : node;
}

function leads(agent: AgentStatus | null): boolean {
  return agent?.etcd != null && agent.etcd.leaderId === agent.etcd.memberId;
}

function leaderOf(observed: Observed): AgentStatus | null {
  const inSight = [...observed.agents.values()].map((source) =>
    source.freshness === "fresh" ? source.value : null,
  );
  return inSight.find(leads) ?? null;
}

function believeTables(observed: Observed): Observed {
  const leader = leaderOf(observed);
  if (leader?.etcd == null) return observed;
  const { slot, etcd } = leader;
  return changeAgents(observed, ({ hosts, ...status }) => ({
    ...status,
    hosts: hosts && { ...hosts, leaderSlot: slot, term: etcd.raftTerm },
  }));
}
