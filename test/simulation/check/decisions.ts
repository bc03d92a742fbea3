/** Each decision of the planner, by the rules about what it could see; and how rare its moment was. */
import type { Action } from "../../../controller/model/action.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import { brokenByAction, brokenByMemory } from "../rules/rules.ts";
import { sightOf } from "../rules/sight.ts";
import type { Findings } from "./findings.ts";
import { rareStates } from "./sometimes.ts";

interface Visit {
  readonly memory: ClusterMemory;
  readonly observed: Observed;
  readonly actions: Action[];
  readonly first: boolean;
}

export class Decisions {
  /** Name of a rare state -> at how many visits it was. */
  readonly sometimes: Record<string, number> = {};
  /** Controller -> cluster -> its last visit. */
  private readonly visits = new WeakMap<object, Map<string, Visit>>();

  constructor(private readonly findings: Findings) {}

  /** A visit begins; what the one before came to shows in what is remembered now. */
  onObserved(controller: object, memory: ClusterMemory, observed: Observed): void {
    const visits = this.visits.get(controller) ?? new Map<string, Visit>();
    this.visits.set(controller, visits);
    const key = clusterKey(memory.cluster.metadata);
    const last = visits.get(key);
    if (last !== undefined) this.judge(last, memory);
    visits.set(key, { memory, observed, actions: [], first: last === undefined });
  }

  onAction(controller: object, action: Action, { cluster }: ClusterMemory): void {
    const visit = this.visits.get(controller)?.get(clusterKey(cluster.metadata));
    if (visit === undefined) return;
    visit.actions.push(action);
    this.report(visit, brokenByAction(action, visit.memory, visit.observed));
  }

  private judge(visit: Visit, after: ClusterMemory): void {
    const { memory: before, observed, actions, first } = visit;
    this.report(visit, brokenByMemory(before, after, observed));
    const sight = sightOf(before, observed);
    for (const name of rareStates({ before, after, observed, sight, actions, first })) {
      this.sometimes[name] = (this.sometimes[name] ?? 0) + 1;
    }
  }

  private report({ memory }: Visit, broken: ReturnType<typeof brokenByAction>): void {
    const { name } = memory.cluster.metadata;
    for (const { rule, what } of broken) this.findings.add(rule, `${name}: ${what}`);
  }
}
