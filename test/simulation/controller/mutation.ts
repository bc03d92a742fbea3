/**
 * Where a test takes a guard away from the controller, to see that the checks can fail: between
 * production's parts, in what they hear of one another. No production code knows of it.
 */
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { Transaction } from "../../../controller/store/etcd/store-etcd.ts";
import type { StateStore, Term } from "../../../controller/store/state-backend.ts";
import type { EtcdRequest } from "../etcd/types.ts";

export interface Mutation {
  /** What the planner is told. */
  readonly observe: (observed: Observed) => Observed;
  /** What the proxy is told. */
  readonly candidates: (nodes: readonly LeaderCandidate[]) => readonly LeaderCandidate[];
  /** What etcd is asked. */
  readonly request: (request: EtcdRequest) => EtcdRequest;
  /** Where the controller keeps what it must not forget. */
  readonly state: (state: StateStore) => StateStore;
  /** What the fence asks whether it still acts. */
  readonly term: (term: Term) => Pick<Term, "number" | "isHeld">;
  /** What the site's store is asked. */
  readonly transaction: (transaction: Transaction) => Transaction;
}

export const NO_MUTATION: Mutation = {
  observe: (observed) => observed,
  candidates: (nodes) => nodes,
  request: (request) => request,
  state: (state) => state,
  term: (term) => term,
  transaction: (transaction) => transaction,
};
